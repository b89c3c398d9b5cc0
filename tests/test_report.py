"""Reports: one page that needs nothing else, says what `analyze` says, escapes everything, and opens as its project."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from base64 import b64encode
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.files.paths import RESOURCES
from engine.layers import Conv2d
from engine.network.graph import Network, Node
from engine.network.input_specs import ImageInput, NoiseInput
from engine.project import embedded
from engine.project.file import load_project, save_project
from engine.project.project import Design, Note, Project
from engine.run.check import check
from engine.run.execute import run_all
from engine.run.request import RunRequest
from engine.text.names import name_fault
from engine.text.problems import ProjectError
from gui.command_line.main import main
from gui.export import page_pictures
from gui.export.html import element
from gui.export.report import make_report
from gui.state.initial_focus import initial_focus
from gui.state.look import Look
from gui.state.run_view import RunView
from gui.state.view_state import ViewState
from gui.state.volume_at import VolumeResult
from tests.golden import projects
from tests.test_command_line import MAIN, START
from tests.web_page import Page


@pytest.fixture(autouse=True)
def quick_pictures(request, monkeypatch):
    """Pictures are not what most of these tests are about."""
    if "painted" not in request.keywords:
        monkeypatch.setattr(page_pictures, "_address", lambda *given: "data:image/webp;base64,AAAA")


def state_of(project, *, run=False):
    request = RunRequest(project, check(project))
    results = run_all(request, lambda _: None) if run else {}
    volumes = {ref: VolumeResult(done.key, done.volume, done.milliseconds) for ref, done in results.items()}
    return ViewState(project, request.check, RunView(volumes), initial_focus(project, request.check), Look())


def report_of(project, path, *, run=False):
    content = make_report(state_of(project, run=run), path)
    path.write_bytes(content)
    return content


def loaded(content, folder):
    path = folder / "page.html"
    path.write_bytes(content)
    return load_project(path).project


# The project within


@pytest.mark.parametrize("make", [projects.start, projects.with_stem, projects.inception, projects.mistaken])
def test_a_report_opens_as_the_project_that_it_is_of(make, tmp_path, qapp):
    report_of(make(), tmp_path / "r.html")
    assert load_project(tmp_path / "r.html").project == make()


def test_paths_in_a_report_are_relative_to_it(tmp_path, qapp):
    shutil.copy(RESOURCES / "photos" / "coffee.png", tmp_path / "c.png")
    project = replace(projects.start(), input=ImageInput(str(tmp_path / "c.png"), (16, 16)))
    report_of(project, tmp_path / "r.html")
    assert str(tmp_path) not in (tmp_path / "r.html").read_text()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    for name in ("r.html", "c.png"):
        (tmp_path / name).rename(moved / name)
    assert load_project(moved / "r.html").project.input.path == str(moved / "c.png")


def test_comments_of_the_project_file_are_in_its_report_and_in_one_of_that_report(tmp_path, qapp):
    project_file = tmp_path / "p.toml"
    save_project(projects.start(), project_file)
    project_file.write_text("# why\n" + project_file.read_text())
    project = load_project(project_file).project
    for name, source in (("r.html", project_file), ("again.html", tmp_path / "r.html")):
        (tmp_path / name).write_bytes(make_report(state_of(project), tmp_path / name, source))
        assert "# why" in "".join(Page((tmp_path / name).read_bytes()).text_of("pre"))
        assert load_project(tmp_path / name).project == project


def test_a_report_is_read_after_a_browser_has_written_it_anew(tmp_path, qapp):
    """As "Save page" does: other order of attributes, characters instead of references where HTML allows that."""
    project = replace(projects.start(), title='<a id="convolume-project" href="x">', notes=(Note('a" id="b>'),))
    page = report_of(project, tmp_path / "r.html").decode()
    anew = page.replace("&quot;", '"') if '="&quot;' not in page else page
    anew = re.sub(r"<a id=(\S+) download=(\S+) href=(\S+)>", r"<a href=\3 download=\2 id=\1>", anew)
    anew = anew.replace("<!DOCTYPE html>", "<!-- saved from url=(0020)file:///tmp/r.html -->\r\n<!DOCTYPE html>")
    assert anew != page
    assert loaded(anew.encode(), tmp_path) == project


@pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")
def test_a_report_is_read_as_chromium_writes_it(tmp_path, qapp):
    project = replace(projects.with_stem(), title="<b>é</b> & \"q\" 'a'", notes=(Note("a\nb <i> ﷽"),))
    report_of(project, tmp_path / "r.html")
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    words = ["chromium", "--headless", "--no-sandbox", profile, "--dump-dom", (tmp_path / "r.html").as_uri()]
    written = subprocess.run(words, capture_output=True, timeout=60).stdout
    assert b"<html" in written
    assert written != (tmp_path / "r.html").read_bytes()
    assert loaded(written, tmp_path) == project


def link(content, attributes=""):
    return f'<a id="{embedded.ELEMENT_ID}" {attributes} href="{embedded.project_address(content)}">x</a>'.encode()


TOML = b'format = 1\n[input]\nkind = "noise"\nshape = [1, 2, 3]\n'
DAMAGED = {
    "no project": (b"<!DOCTYPE html><p>Hello", "without a project"),
    "nothing": (b"", "without a project"),
    "two": (link(TOML) + link(TOML), "has 2 projects"),
    "no address": (f'<a id="{embedded.ELEMENT_ID}">'.encode(), "is damaged"),
    "no data": (f'<a id="{embedded.ELEMENT_ID}" href="https://example.org/p.toml">'.encode(), "is damaged"),
    "cut": (link(TOML).replace(b'="data:application/toml;base64,', b'="data:application/toml;base64,A'), "is damaged"),
    "no TOML": (link(b"a = ="), "not valid TOML"),
    "no UTF-8": (link(b"\xff"), "not UTF-8"),
    "a mistake": (link(TOML.replace(b"noise", b"nose")), "nose"),
}


@pytest.mark.parametrize(("page", "text"), DAMAGED.values(), ids=DAMAGED)
def test_a_page_without_a_valid_project_is_refused_by_name(page, text, tmp_path):
    with pytest.raises(ProjectError, match=re.escape(text)) as error:
        loaded(page, tmp_path)
    assert "page.html" in str(error.value)


def test_a_report_may_be_as_large_as_its_pictures_but_not_its_project(tmp_path):
    picture = b'<img src="data:image/webp;base64,' + b"A" * 10_000_000 + b'">'
    assert loaded(picture + link(TOML), tmp_path).input == NoiseInput((1, 2, 3))
    with pytest.raises(ProjectError, match="too many for a project"):
        loaded(link(TOML + b"#" * 9_000_000), tmp_path)


def test_a_hostile_page_is_read_in_time(tmp_path):
    start = time.monotonic()
    for page in (b"<a " * 3_000_000, b"<a id=" * 1_000_000, b"<a " + b" id=" * 2_000_000):
        with pytest.raises(ProjectError):
            loaded(page, tmp_path)
    assert time.monotonic() - start < 5


def test_a_project_is_never_saved_over_a_report(tmp_path):
    with pytest.raises(ProjectError, match=r"choose a name that ends in \.toml"):
        save_project(projects.start(), tmp_path / "p.html")
    assert not (tmp_path / "p.html").exists()


# The page


@pytest.fixture(scope="module")
def small_project(tmp_path_factory):
    path = tmp_path_factory.mktemp("project") / "p.toml"
    save_project(projects.start(), path)
    return path


@pytest.fixture(scope="module")
def painted_report(small_project, tmp_path_factory):
    """As the command writes it without a display."""
    path = tmp_path_factory.mktemp("report") / "r.html"
    words = [sys.executable, str(MAIN), "report", str(small_project), "--out", str(path)]
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in hidden}
    process = subprocess.run(words, capture_output=True, text=True, timeout=120, env=environment)
    assert (process.returncode, process.stdout) == (0, f"{path}\n")
    return path.read_bytes()


def test_a_report_is_well_formed_and_needs_nothing_else(painted_report):
    page = Page(painted_report)
    assert not page.tags & {"script", "iframe", "object", "embed", "form", "base"}
    assert all(url.startswith(("data:", "#")) for url in page.urls)
    assert "url(" not in "".join(page.text_of("style"))
    assert "@import" not in "".join(page.text_of("style"))
    (policy,) = (a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")


def test_links_within_a_report_have_a_target_and_ids_are_unique(painted_report):
    page = Page(painted_report)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {url[1:] for url in page.urls if url.startswith("#")} <= set(ids)


def test_pictures_have_both_themes_words_and_sizes_for_wide_and_narrow_screens(painted_report):
    page = Page(painted_report)
    pictures = [attributes for tag, attributes in page.elements if tag == "img"]
    sources = [attributes for tag, attributes in page.elements if tag == "source"]
    assert len(pictures) == 4  # volumes, filters, bars, errors
    for number, light in enumerate(pictures):
        narrow_dark, narrow, dark = others = sources[3 * number : 3 * number + 3]
        addresses = {light["src"], *(other["srcset"] for other in others)}
        assert len(addresses) == 4
        assert all(address.startswith("data:image/webp;base64,UklG") for address in addresses)
        assert dark["media"] == "screen and (prefers-color-scheme: dark)"
        assert narrow["media"] == "screen and (max-width: 40rem)"
        assert narrow_dark["media"] == f"{narrow['media']} and (prefers-color-scheme: dark)"
        assert light["alt"]
        assert int(light["width"]) > int(light["height"]) > 0
        assert int(narrow["width"]) == int(narrow_dark["width"]) == 400
    assert len(sources) == 12
    assert "conv5x5 32×28×28" in pictures[0]["alt"]
    assert len(painted_report) < 3_000_000


def test_nothing_but_tables_scrolls_sideways(painted_report):
    page = Page(painted_report)
    after = [
        page.elements[at + 1][0]
        for at, (_, attributes) in enumerate(page.elements)
        if attributes.get("class") == "scroll"
    ]
    assert set(after) == {"table"}


def test_the_same_project_has_the_same_report(painted_report, small_project, tmp_path):
    words = [sys.executable, str(MAIN), "report", str(small_project), "--out", str(tmp_path / "r.html")]
    subprocess.run(words, capture_output=True, timeout=120, check=True)
    assert (tmp_path / "r.html").read_bytes() == painted_report


def analysis_of(path, capsys, *options):
    main(["analyze", str(path), "--format", "json", *options])
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["inception_3a_256", "googlenet"])
def test_every_number_of_the_tables_is_that_of_analyze(name, tmp_path, capsys, qapp):
    path = RESOURCES / "projects" / f"{name}.toml"
    page = Page(report_of(load_project(path).project, tmp_path / "r.html"))
    data = analysis_of(path, capsys)
    networks = [network for network in (data["stem"], *data["designs"]) if network is not None]
    totals, *layers = page.tables
    for row, network in zip(totals[1:], networks, strict=True):
        sums = network["totals"]
        amounts = [sums["macs"], sums["params"], sums["activation_bytes"]]
        assert row[1] == str(len(network["nodes"]))
        for cell, amount in zip(row[3:], amounts, strict=False):
            assert cell.endswith(f"{amount:,}")
    for table, network in zip(layers, networks, strict=False):
        nodes = {node["name"]: node for node in network["nodes"]}
        blocks = {block["name"]: block for block in network["blocks"]}
        found = set()
        block = ""
        for row in table[1:-1]:
            if row[0] in blocks and row[1] == table[table.index(row)][1] and row[0] not in nodes:
                block, entry = row[0], blocks[row[0]]
            else:
                node = f"{block}/{row[0]}" if f"{block}/{row[0]}" in nodes else row[0]
                entry = nodes[node]
                found.add(node)
            assert row[3] == "×".join(map(str, entry["output_shape"]))
            assert row[4:] == [f"{entry['macs']:,}", f"{entry['params']:,}"]
        assert found == set(nodes)
        assert table[-1] == ["total", f"{network['totals']['macs']:,}", f"{network['totals']['params']:,}"]


def test_a_counting_rule_has_its_own_column_and_is_explained(tmp_path, capsys):
    path = RESOURCES / "projects" / "resnet18.toml"
    assert main(["report", str(path), "--out", str(tmp_path / "r.html"), "--count", "fvcore", "--no-run"]) == 0
    capsys.readouterr()
    page = Page((tmp_path / "r.html").read_bytes())
    operations = analysis_of(path, capsys, "--count", "fvcore")["designs"][0]["totals"]["ops"]
    assert any(cell.endswith(f"{operations:,}") for cell in page.tables[0][1])
    assert any("FlopCountAnalysis" in text for text in page.text_of("p"))


def test_a_report_after_a_mistake_lists_it_and_says_unknown(tmp_path, capsys):
    save_project(projects.mistaken(), tmp_path / "p.toml")
    assert main(["report", str(tmp_path / "p.toml"), "--out", str(tmp_path / "r.html")]) == 2
    message = capsys.readouterr().err
    page = Page((tmp_path / "r.html").read_bytes())
    problems = check(projects.mistaken()).problems
    listed = " ".join(page.text_of("li"))
    assert problems
    assert all(problem.text in listed and problem.text in message for problem in problems)
    assert any("unknown" in row for row in page.tables[0])


def test_a_report_without_designs_says_so(tmp_path, qapp):
    page = Page(report_of(Project(NoiseInput((3, 4, 4))), tmp_path / "r.html"))
    assert page.text_of("h1") == ["r"]
    assert "The project has no layers; add a design with layers." in page.text_of("p")
    assert not page.tables


def test_every_two_of_the_first_four_designs_are_compared(tmp_path, qapp):
    base = projects.start()
    designs = [replace(base.designs[0], name=name, colour=0) for name in "abcde"]
    page = Page(report_of(base.with_designs(designs), tmp_path / "r.html"))
    pairs = [attributes["aria-label"] for _, attributes in page.elements if "aria-label" in attributes]
    pairs = [label for label in pairs if label.startswith("What differs")]
    assert pairs == [f"What differs: {a} → {b}" for a, b in ("ab", "ac", "ad", "bc", "bd", "cd")]
    assert "Of 5 designs, the first 4 are compared." in page.text_of("p")


# Texts of anyone

HOSTILE = ("</title><script>alert(1)</script>", "\"'><img src=x onerror=y>", "&lt;&amp;", "<!--", "]]>", "‏شبكة‏")
NAMES = st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=12)).filter(lambda name: not name_fault(name))


@settings(max_examples=25)
@given(
    names=st.lists(NAMES, min_size=5, max_size=5), title=st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
)
@example(names=list(HOSTILE[:5]), title="\x00\x07\u202e\ufffe</h1>")
def test_no_text_of_a_project_becomes_markup(tmp_path_factory, qapp, names, title):
    design, other, node, note, source = names
    network = Network((Node(node, Conv2d(2, 1)),))
    designs = (Design(design, network), *([Design(other, network)] if other != design else []))
    project = Project(NoiseInput((1, 2, 2)), designs, None, title, 0, source, (Note(note, design, node),))
    folder = tmp_path_factory.mktemp("hostile")
    content = report_of(project, folder / "r.html")
    page = Page(content)
    plain = Page(report_of(projects.start(), folder / "plain.html"))
    assert page.tags <= plain.tags | {"strong", "dl"}
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", content.decode())
    cells = {cell for table in page.tables for row in table for cell in row}
    assert {design, node} <= cells
    assert note in page.text_of("span")


@given(text=st.text())
def test_any_text_is_read_again_as_it_was_or_with_escapes_for_what_html_forbids(text):
    markup = element("p", text, title=text)
    shown = html.unescape(markup[markup.index(">") + 1 : -len("</p>")])
    if text.isprintable():
        assert shown == text
    assert markup.isprintable() or "\n" in text or "\t" in text or not text.isprintable()


# The command


@pytest.mark.parametrize("name", ["r.txt", "r", "r.toml", "r.html.png"])
def test_a_report_is_written_only_as_a_web_page(name, tmp_path, capsys):
    assert main(["report", str(START), "--out", str(tmp_path / name), "--no-run"]) == 2
    assert "choose a name that ends in .html" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_report_is_never_written_over_the_report_that_is_read(tmp_path, capsys, qapp):
    before = report_of(projects.start(), tmp_path / "r.html")
    assert main(["report", str(tmp_path / "r.html"), "--out", str(tmp_path / "r.html"), "--no-run"]) == 2
    assert "which is read" in capsys.readouterr().err
    assert (tmp_path / "r.html").read_bytes() == before


def test_commands_read_a_report_like_its_project(tmp_path, capsys, qapp):
    report_of(load_project(START).project, tmp_path / "r.html")
    main(["analyze", str(START)])
    expected = capsys.readouterr().out
    assert main(["analyze", str(tmp_path / "r.html")]) == 0
    assert capsys.readouterr().out == expected
    assert main(["diff", str(tmp_path / "r.html"), "naive", "bottleneck"]) == 0


def test_the_named_layer_is_the_one_whose_filters_are_shown(small_project, tmp_path, capsys):
    out = str(tmp_path / "r.html")
    assert main(["report", str(small_project), "--out", out, "--design", "bottleneck", "--node", "reduce"]) == 0
    page = Page(Path(out).read_bytes())
    assert any("All maps of reduce in bottleneck" in text for text in page.text_of("figcaption"))
    capsys.readouterr()
    assert main(["report", str(small_project), "--out", out, "--node", "reduse"]) == 2
    assert "unknown in naive" in capsys.readouterr().err


@pytest.mark.parametrize("wait", [0.1, 0.6])
def test_ctrl_c_leaves_no_half_written_report(wait, small_project, tmp_path):
    out = tmp_path / "new" / "r.html"
    words = [sys.executable, str(MAIN), "report", str(small_project), "--out", str(out)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stderr.readline().startswith("run 1/")
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    if process.returncode == 0:
        assert load_project(out).project == projects.start()
    else:
        assert process.returncode == 130
        assert not out.parent.exists()


def test_a_base64_text_within_a_project_is_no_project(tmp_path, qapp):
    """A note that looks like the link of the project stays a note."""
    fake = link(b64encode(b"format = 2")).decode()
    project = replace(projects.start(), notes=(Note(fake),))
    report_of(project, tmp_path / "r.html")
    assert load_project(tmp_path / "r.html").project == project
