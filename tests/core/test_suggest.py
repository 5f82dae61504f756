from storewright.core.suggest import did_you_mean


def test_a_close_name_is_suggested() -> None:
    assert did_you_mean("storge_class", ["acl", "storage_class"]) == (
        " (did you mean 'storage_class'?)"
    )


def test_nothing_is_suggested_for_a_name_that_is_like_none() -> None:
    assert not did_you_mean("x", ["acl", "storage_class"])
    assert not did_you_mean("x", [])


def test_the_order_of_candidates_does_not_matter() -> None:
    assert did_you_mean("nam", {"name", "names"}) == did_you_mean("nam", ["names", "name"])
