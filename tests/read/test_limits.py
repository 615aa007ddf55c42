"""How much memory may be taken: read from what people write, and kept."""

import pytest

from depositary.errors import UsageError
from depositary.model.limits import in_bytes


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1GB", 1 << 30), ("500 mb", 500 << 20), ("1.5GiB", 3 << 29), ("2g", 2 << 30), ("1073741824", 1 << 30)],
)
def test_amounts_of_memory_are_read(text, amount):
    assert in_bytes(text) == amount


@pytest.mark.parametrize("text", ["", "much", "1 XB", "-1GB", "1,5GB", "nan", "GB"])
def test_what_is_no_amount_is_refused(text):
    with pytest.raises(UsageError, match="not an amount of memory"):
        in_bytes(text)


def test_too_little_to_work_with_is_refused(run, tmp_path):
    ran = run("validate", tmp_path, "--memory-limit", "1MB")
    assert ran.code == 2
    assert ran.err == "depositary: 1MB of memory is too little. Give at least 64MB.\n"
