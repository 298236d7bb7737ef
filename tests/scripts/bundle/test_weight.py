from pathlib import Path

from scripts.bundle.weight import weigh


def test_the_digest_tells_of_every_byte_and_every_name(tmp_path: Path) -> None:
    digests = set()
    for name, content in [("a.py", "1"), ("a.py", "2"), ("b.py", "1"), ("a.py1", "")]:
        bundle = tmp_path / f"{name}-{content}"
        bundle.mkdir()
        (bundle / name).write_text(content)
        digests.add(weigh(bundle).digest)

    assert len(digests) == 4


def test_the_weight_is_that_of_the_files_and_of_their_archive(tmp_path: Path) -> None:
    (tmp_path / "holidays").mkdir()
    (tmp_path / "holidays" / "calendar.py").write_text("CLOSED = 1\n" * 10_000)
    (tmp_path / "handler.py").write_text("")

    weight = weigh(tmp_path)

    assert (weight.files, weight.unpacked) == (2, 110_000)
    assert 200 < weight.zipped < 2_000
