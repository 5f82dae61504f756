-- What the recorded stream is a dump of.
CREATE DATABASE shop CHARACTER SET utf8mb4;
USE shop;
CREATE TABLE customers (id int PRIMARY KEY, name varchar(60), note text);
INSERT INTO customers
  SELECT seq, CONCAT('Kundin Nº ', seq), IF(seq % 7, REPEAT('x', seq % 50), NULL) FROM seq_1_to_400;
CREATE TABLE orders (id int PRIMARY KEY, customer int, amount decimal(10,2), text varchar(200));
INSERT INTO orders  -- texts that look like the stream's own lines
  SELECT seq, 1 + seq % 400, seq / 7, CONCAT('\n-- shop.orders.00000.sql 12\n', '\n-- x ', seq)
  FROM seq_1_to_3000;
CREATE TABLE `odd name` (a int, b varbinary(20));
INSERT INTO `odd name` VALUES (1, UNHEX('000A2D2D200A')), (2, NULL);
CREATE TABLE `we.ird/name` (a int);
INSERT INTO `we.ird/name` VALUES (1), (2), (3);
CREATE TABLE nothing (a int);
CREATE TABLE no_key (v varchar(20));
INSERT INTO no_key SELECT 'the same' FROM seq_1_to_250;
CREATE VIEW large AS SELECT id FROM orders WHERE amount > 100;
