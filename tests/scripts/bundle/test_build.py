import hashlib
import os
import re
import shutil
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts.bundle.build import CompiledLibraryError, LibrariesError, build_bundles, drop_compiled
from scripts.bundle.weight import weigh

pytestmark = pytest.mark.usefixtures("no_compiler")


@pytest.fixture
def no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether this machine has the runtime's Python makes no difference here; test_bytecode.py is about that."""
    monkeypatch.setattr("scripts.bundle.bytecode.runtime_python", lambda: None)


def wheel(folder: Path, name: str, files: dict[str, str]) -> Path:
    """A small installable library with these files."""
    info = f"{name}-1.0.dist-info"
    contents = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/licenses/LICENSE": "MIT",
    }
    record = "".join(f"{path},,\n" for path in [*contents, f"{info}/RECORD"])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in (contents | {f"{info}/RECORD": record}).items():
            archive.writestr(file, text)
    return path


def lock(root: Path, *wheels: Path) -> None:
    """Write the lock of the ingest function with these libraries."""
    lines = [
        f"{path.name.split('-')[0]} @ {path.as_uri()} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in wheels
    ]
    (root / "ingest" / "requirements.lock").write_text("\n".join(lines))


def repository(root: Path) -> Path:
    """A repository with both functions, what documents are made of, and one library."""
    for name in ("api", "ingest"):
        (root / name / "__pycache__").mkdir(parents=True)
        (root / name / "__pycache__" / "handler.cpython-311.pyc").write_text("compiled")
        (root / name / "handler.py").write_text(f"NAME = {name!r}\n")
    for name in ("assets/page.js", "templates/index.html"):
        (root / "site" / name).parent.mkdir(parents=True)
        (root / "site" / name).write_text(name)
    (root / "api" / "openapi.json").write_text("{}")
    lock(root, wheel(root, "quotes", {"quotes/__init__.py": "PRICE = 1\n"}))
    return root


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_api_bundle_is_the_api_folder_alone(tmp_path: Path) -> None:
    build_bundles(repository(tmp_path))

    assert files(tmp_path / "build" / "api").keys() == {"api/handler.py", "api/openapi.json"}


def test_the_ingest_bundle_has_both_folders_the_site_and_the_libraries_with_their_licences(
    tmp_path: Path,
) -> None:
    build_bundles(repository(tmp_path))

    bundled = files(tmp_path / "build" / "ingest").keys()
    assert {"ingest/handler.py", "api/handler.py", "quotes/__init__.py"} <= bundled
    assert {"site/assets/page.js", "site/templates/index.html"} <= bundled
    assert "quotes-1.0.dist-info/licenses/LICENSE" in bundled


def test_the_same_sources_make_the_same_bytes_wherever_and_by_whomever_they_are_built(tmp_path: Path) -> None:
    first, second = (repository(tmp_path / name) for name in ("first", "deeper/second"))
    build_bundles(first)
    with umask(0o077):
        build_bundles(second)

    bundles = [root / "build" / "ingest" for root in (first, second)]
    assert weigh(bundles[0]) == weigh(bundles[1])
    assert files(bundles[0]) == files(bundles[1])
    assert permissions(bundles[0]) == permissions(bundles[1]) == {0o644, 0o755}


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def permissions(folder: Path) -> set[int]:
    return {path.stat().st_mode & 0o777 for path in folder.rglob("*")}


def test_what_the_installer_and_the_machine_leave_behind_is_in_no_bundle(tmp_path: Path) -> None:
    root = repository(tmp_path)
    lock(
        root,
        wheel(root, "quotes", {"quotes/__init__.py": "", "quotes/tests/test_quotes.py": "import pytest\n"}),
    )

    build_bundles(root)

    bundled = files(root / "build" / "ingest")
    assert "quotes/__init__.py" in bundled
    assert not [name for name in bundled if re.search(r"tests|RECORD|INSTALLER|lock|cpython-311", name)]


def test_changed_sources_are_bundled_without_installing_again(tmp_path: Path) -> None:
    root = repository(tmp_path)
    build_bundles(root)
    (root / "quotes-1.0-py3-none-any.whl").unlink()
    (root / "ingest" / "handler.py").write_text("NAME = 'changed'\n")
    (root / "ingest" / "calendar.py").write_text("")

    build_bundles(root)

    bundled = files(root / "build" / "ingest")
    assert bundled["ingest/handler.py"] == b"NAME = 'changed'\n"
    assert {"ingest/calendar.py", "quotes/__init__.py"} <= bundled.keys()


def test_libraries_are_compiled_as_soon_as_the_runtimes_python_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path)
    build_bundles(root)
    before = files(root / "build" / "ingest").keys()
    monkeypatch.setattr("scripts.bundle.bytecode.runtime_python", lambda: (sys.executable, "3.13.0"))

    build_bundles(root)

    added = files(root / "build" / "ingest").keys() - before
    assert {name.split("/")[0] for name in added} == {"api", "ingest", "quotes"}
    assert all(name.endswith(".pyc") for name in added)


def test_a_changed_lock_installs_exactly_what_it_names(tmp_path: Path) -> None:
    root = repository(tmp_path)
    build_bundles(root)
    lock(root, wheel(root, "bars", {"bars.py": "OPEN = 1\n"}))

    build_bundles(root)

    bundled = files(root / "build" / "ingest").keys()
    assert "bars.py" in bundled
    assert "quotes/__init__.py" not in bundled


def test_a_library_that_is_not_what_the_lock_says_is_refused(tmp_path: Path) -> None:
    root = repository(tmp_path)
    wheel(root, "quotes", {"quotes/__init__.py": "PRICE = 'tampered'\n"})

    with pytest.raises(LibrariesError, match=r"Hash mismatch"):
        build_bundles(root)

    assert not (root / "build" / "ingest").exists()


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ThreadingHTTPServer]:
    """The only index of packages, with `quotes` in it, and a cache in which nothing is yet."""
    folder = tmp_path / "index"
    (folder / "quotes").mkdir(parents=True)
    path = wheel(folder / "quotes", "quotes", {"quotes/__init__.py": "PRICE = 1\n"})
    (folder / "quotes" / "index.html").write_text(f'<a href="{path.name}">{path.name}</a>')
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{server.server_port}/")
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
        monkeypatch.setenv("UV_HTTP_RETRIES", "0")
        yield server
        end(server)


def end(server: ThreadingHTTPServer) -> None:
    server.shutdown()
    server.server_close()


def indexed(root: Path) -> Path:
    """A repository whose library comes from the index."""
    (path,) = (root.parent / "index" / "quotes").glob("*.whl")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    repository(root)
    (root / "ingest" / "requirements.lock").write_text(f"quotes==1.0 --hash=sha256:{digest}\n")
    return root


def test_libraries_that_were_fetched_once_need_no_network(tmp_path: Path, index: ThreadingHTTPServer) -> None:
    root = indexed(tmp_path / "root")
    build_bundles(root)
    shutil.rmtree(root / "build")
    end(index)

    build_bundles(root)

    assert "quotes/__init__.py" in files(root / "build" / "ingest")


def test_without_a_network_what_was_never_fetched_is_told_with_the_way_out(
    tmp_path: Path, index: ThreadingHTTPServer
) -> None:
    end(index)
    with pytest.raises(LibrariesError, match=rf"`make ready`[\s\S]*127\.0\.0\.1:{index.server_port}"):
        build_bundles(indexed(tmp_path / "root"))


def test_a_failed_build_leaves_the_last_good_bundle(tmp_path: Path) -> None:
    root = repository(tmp_path)
    build_bundles(root)
    before = files(root / "build" / "ingest")
    lock(root, wheel(root, "fast", {"fast/core.cpython-313-aarch64-linux-gnu.so": "machine code"}))

    with pytest.raises(CompiledLibraryError):
        build_bundles(root)

    assert files(root / "build" / "ingest") == before


def test_accelerators_are_dropped_where_python_does_the_same(tmp_path: Path) -> None:
    library = tmp_path / "normalizer"
    library.mkdir()
    for name in ("md.py", "md.cpython-313-aarch64-linux-gnu.so", "md.pyd"):
        (library / name).write_text("")
    (tmp_path / "81d243bd__mypyc.cpython-313-aarch64-linux-gnu.so").write_text("")

    drop_compiled(tmp_path)

    assert files(tmp_path).keys() == {"normalizer/md.py"}
