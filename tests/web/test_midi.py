"""MIDI controllers: knobs move the sliders, and are learned."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.pages import SIZE, Visiting, identity_file

pytestmark = pytest.mark.slow

#: A controller that does not exist; `turn(number, value)` moves one of its knobs.
FALSE_MIDI = """const input = { name: 'False Knobs', state: 'connected' };
  const access = { inputs: new Map([['1', input]]) };
  navigator.requestMIDIAccess = async () => access;
  window.turn = (number, value, status = 0xb3) =>
    input.onmidimessage({ data: new Uint8Array([status, number, value]) });
  window.plug = name => { const other = { name, state: 'connected' };
    access.inputs.set(name, other); access.onstatechange(); return other; };"""


def test_knobs_move_the_sliders(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    visit.page.add_init_script(FALSE_MIDI)
    page = opened(visit.open(address))
    page.get_by_role("button", name="Connect MIDI").click()
    expect(page.locator("#midi-state")).to_have_text("Listening to False Knobs.")
    visit.settle()
    before = visit.pixels("input").astype(int)
    page.evaluate("turn(1, 127)")  # as the map has it at first
    expect(page.locator("#blur")).to_have_value("64")
    page.evaluate("turn(2, 0)")
    expect(page.locator("#contrast")).to_have_value("0")
    visit.settle()
    assert abs(visit.pixels("input").astype(int) - before).max() > 20
    page.evaluate("turn(2, 64)")
    page.evaluate("turn(2, 127, 0x93); turn(60, 127)")  # a key, and a knob for nothing
    expect(page.locator("#contrast")).to_have_value("1.5")
    page.evaluate("plug('Another').onmidimessage({ data: new Uint8Array([0xb0, 1, 0]) })")
    expect(page.locator("#blur")).to_have_value("1")
    expect(page.locator("#midi-state")).to_have_text("Listening to False Knobs, Another.")
    page.wait_for_function("location.hash.includes('midi=1')")
    page.reload()  # it is connected again by itself
    page.wait_for_function("window.page?.started")
    page.evaluate("turn(1, 127)")
    expect(page.locator("#blur")).to_have_value("64")


def test_a_knob_is_learned_and_remembered(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    visit.page.add_init_script(FALSE_MIDI)
    page = opened(visit.open(address))
    learn = page.get_by_role("button", name="Learn a knob for Contrast")
    learn.click()
    expect(page.locator("#midi-state")).to_have_text("Move the knob for: Contrast …")
    assert learn.get_attribute("aria-pressed") == "true"
    page.evaluate("turn(1, 127)")  # the knob that was for blur
    expect(page.locator("#contrast")).to_have_value("3")
    expect(page.locator("#cc-contrast")).to_have_text("CC 1")
    expect(page.locator("#cc-blur")).to_have_text("no knob")
    assert page.locator("#blur").input_value() == "24"
    learn.click()
    learn.click()  # no, thank you
    assert learn.get_attribute("aria-pressed") == "false"
    page.get_by_role("button", name="Learn a knob for Blur").click()
    page.evaluate("turn(77, 0)")
    page.reload()
    page.wait_for_function("window.page?.started")
    opened(page)
    texts = [page.locator(f"#cc-{name}").inner_text() for name in ("blur", "contrast", "smooth")]
    assert texts == ["CC 77", "CC 1", "CC 3"]
    page.evaluate("localStorage.setItem('colab_pix2pix midi', '{\"blur\": \"x\"}')")
    page.reload()
    page.wait_for_function("window.page?.started")
    expect(page.locator("#cc-blur")).to_have_text("CC 1")


def test_a_knob_chooses_the_model_and_the_mix(address: str, visiting: Visiting) -> None:
    visit = visiting(camera=None)
    visit.page.add_init_script(FALSE_MIDI)
    page = opened(visit.open(address))
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a second model").click()
    content = identity_file(SIZE, 1, name="second")
    chooser.value.set_files({"name": "b.onnx", "mimeType": "", "buffer": content})
    page.get_by_role("button", name="Connect MIDI").click()
    expect(page.locator("#midi-state")).to_contain_text("Listening")
    page.wait_for_function("window.page.mix === 0.5")
    for number, value, mix in ((6, 127, 1), (6, 0, 0), (5, 127, 1), (5, 0, 0)):
        page.evaluate(f"turn({number}, {value})")
        page.wait_for_function(f"window.page.mix === {mix}")


def failing(name: str, words: str) -> str:
    """Returns a script with which the browser gives no MIDI."""
    thrown = f"throw new DOMException('{words}', '{name}')"
    return f"navigator.requestMIDIAccess = async () => {{ {thrown} }}"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("Navigator.prototype.requestMIDIAccess = undefined", "has no MIDI"),
        (failing("NotAllowedError", "refused"), "MIDI may not be used: refused. Allow it"),
        (failing("InvalidStateError", "No sound."), "MIDI does not start here: No sound. Plug"),
    ],
)
def test_where_there_is_no_midi_it_is_said(
    single: str, visiting: Visiting, script: str, words: str
) -> None:
    visit = visiting(camera=None)
    visit.page.add_init_script(script)
    page = opened(visit.open(single))
    page.get_by_role("button", name="Learn a knob for Blur").click()
    assert words in visit.notice()
    expect(page.locator("#midi-state")).to_have_text("Not connected.")


def opened(page: Page) -> Page:
    """Opens the part of the page that this is about."""
    page.get_by_text("Control from outside").click()
    return page
