SET sql_mode='';
CREATE TABLE `od``d "t` (
  id int PRIMARY KEY AUTO_INCREMENT, base int DEFAULT 7, f float, d double, dec1 decimal(30,10),
  u uuid, i6 inet6, b bit(64), j json, g geometry, p point, bin1 binary(8), vb varbinary(100),
  bl longblob, tx text, l1 varchar(100) CHARACTER SET latin1, c8 char(10), e enum('a','b'''),
  s set('x','y'), dt datetime(6), ts timestamp(3) NULL, ti time(6), y year, da date,
  `ge n` int AS (base*2) VIRTUAL, ge2 int AS (base*3) STORED, bo boolean, big bigint unsigned
);
INSERT INTO `od``d "t`(f,d,dec1,u,i6,b,j,g,p,bin1,vb,bl,tx,l1,c8,e,s,dt,ts,ti,y,da,bo,big) VALUES
  (0.142857, 1e308/3, 12345678901234567890.0123456789, uuid(), '::1', b'1010', '{"a": "xy"}',
   st_geomfromtext('LINESTRING(0 0,1 1)',4326), point(1,2), 'ab', 'a\0b\n',
   unhex('00ff0a0d1a275c'), 'tex\r\nt''s \\ "q" ;\n,☃😀', _latin1 x'e9e8', ' x ', 'b''', 'x,y',
   '0000-00-00', '2020-01-01 00:00:00.123', '-838:59:59', 1901, '0000-00-00', 1,
   18446744073709551615),
  (NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,
   NULL,NULL,NULL,NULL,NULL),
  (-0.0, 2.2250738585072014e-308, -1, '00000000-0000-0000-0000-000000000000', 'ffff::', b'0',
   '[]', NULL, NULL, '', '', '', '', '', '', 'zz', '', '2024-02-30', '1970-01-01 00:00:01',
   '0:0:0.000001', 0, '2024-02-30', 0, 0);
CREATE TABLE all_generated (a int AS (1) VIRTUAL);
INSERT INTO all_generated VALUES (), ();
CREATE TABLE empty (id int PRIMARY KEY);
CREATE TABLE no_key (a int, t text);
INSERT INTO no_key SELECT seq, repeat('x', seq % 50) FROM seq_1_to_1000;
CREATE TABLE old_engine (a int PRIMARY KEY) ENGINE=MyISAM;
INSERT INTO old_engine VALUES (1), (2);
CREATE TABLE parted (a int, d date, PRIMARY KEY (a, d)) PARTITION BY RANGE (YEAR(d)) (
  PARTITION old VALUES LESS THAN (2000), PARTITION `ne"w` VALUES LESS THAN MAXVALUE);
INSERT INTO parted SELECT seq, '1990-01-01' + INTERVAL seq MONTH FROM seq_1_to_500;
CREATE VIEW z_view AS SELECT id FROM `od``d "t`;
CREATE VIEW a_view AS SELECT z.id FROM z_view z;
CREATE SEQUENCE numbers START 5 CACHE 10;
DO nextval(numbers);
DELIMITER //
CREATE PROCEDURE pr() BEGIN SELECT 'a;
'; END //
CREATE TRIGGER tr BEFORE INSERT ON no_key FOR EACH ROW BEGIN SET new.a = new.a; END //
CREATE EVENT ev ON SCHEDULE EVERY 1 DAY DO BEGIN SELECT 1; END //
DELIMITER ;
CREATE FUNCTION fu() RETURNS int DETERMINISTIC RETURN 1;
