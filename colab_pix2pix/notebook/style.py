"""The style of everything: one style sheet, and small pieces of HTML with every text escaped.

Colours are shades of grey with some transparency and four accents that read on white and on black:
nothing has to know whether the page is light or dark. Only selectors that exist in ipywidgets 7
and 8 are used. What is narrow is the cell, not the window: hence @container.
"""

from __future__ import annotations

import html
from collections.abc import Mapping

import ipywidgets as widgets

from ..languages import _
from ..workflows.reporting.page_style import CHART_STYLE

CSS = (
    """
.cp { max-width: 62em; width: 100%; container-type: inline-size; font-size: 14px;
  line-height: 1.5; overflow: visible; }
.cp .widget-html-content, .cp .widget-html > .widget-html-content {
  font-size: 14px; line-height: 1.5; color: inherit; }
.cp .widget-box { overflow: visible; }
.cp .widget-html, .cp .widget-inline-hbox { height: auto; margin: 0; }
.cp-form, .cp-panel { border: 1px solid rgba(128,128,128,.3); border-radius: 10px;
  padding: 12px 18px 14px; box-sizing: border-box; width: 100%; margin: 4px 0; }
.cp-title { font-size: 16px; font-weight: 600; padding-bottom: 4px; }
.cp-of { font-size: 12.5px; font-weight: 400; opacity: .72; padding-left: 12px; }
.cp-quiet, .cp-help { opacity: .72; }
.cp-help { font-size: 12.5px; }
.cp-field { margin: 3px 0 5px; }
.cp-field .cp-box { margin: 0 4px 0 0; }
.cp-field .cp-help { padding-left: 154px; max-width: 52em; }
.cp-field .widget-label { font-size: 14px; color: inherit; opacity: .95; text-align: left;
  width: 150px !important; min-width: 150px; margin: 0; box-sizing: border-box; height: auto;
  padding: 7px 4px 7px 0; line-height: 18px; white-space: normal; }
.cp-field input:not([type=checkbox]), .cp-field select { font-size: 14px !important;
  height: 32px !important; line-height: 20px; padding: 4px 8px !important;
  border-radius: 6px !important; }
.cp-field textarea { font: inherit !important; font-size: 14px !important; line-height: 20px;
  padding: 5px 8px !important; border-radius: 6px !important; height: auto !important;
  field-sizing: content; min-height: 32px; resize: vertical; }
.cp-field input[type=checkbox] { margin: 0 8px 0 0; vertical-align: middle; }
.cp-field .widget-label-basic { width: auto !important; font-size: 14px; line-height: 28px;
  color: inherit; display: flex; align-items: center; }
.cp-group { font-weight: 600; margin-top: 10px; }
.cp-unit { padding: 4px 2px 0 8px; opacity: .72; }
.cp-wrong { color: #d6453d; font-weight: 500; padding: 4px 0 0 8px; font-size: 13px; }
.cp-hint, .cp-good, .cp-warning { padding: 1px 0 1px 10px; margin: 6px 0 2px; }
.cp-hint { border-left: 3px solid #3b82c4; }
.cp-good { border-left: 3px solid #2f9e63; }
.cp-warning { border-left: 3px solid #d18a1b; }
.cp-error { border-left: 3px solid #d6453d; padding: 4px 0 4px 12px; margin: 6px 0; }
.cp-error pre { white-space: pre-wrap; font-size: 12px; opacity: .8; overflow-wrap: anywhere; }
.cp-bar { height: 10px; border-radius: 5px; background: rgba(128,128,128,.25); overflow: hidden;
  margin: 6px 0 4px; }
.cp-bar > div { height: 100%; border-radius: 5px; background: #3b82c4; }
.cp-bar.cp-done > div { background: #2f9e63; }
.cp-facts { display: flex; flex-wrap: wrap; gap: 2px 22px; }
.cp-facts b { font-weight: 600; font-variant-numeric: tabular-nums; }
.cp img, .cp video { max-width: 100%; height: auto; border-radius: 6px; margin-top: 6px; }
.cp .jupyter-button { border-radius: 6px; }
.cp-stopping { align-items: center; flex-wrap: wrap; }
.cp .cp-stop { margin: 4px 10px 4px 0; }
.cp .cp-drill { margin: 10px 0 4px; }
.cp-steps .widget-label { width: auto !important; margin-right: 10px; color: inherit; }
.cp-steps .widget-readout { color: inherit; }
.cp-text { overflow-wrap: anywhere; }
.cp a { color: #3b82c4; text-decoration: underline; }
@container (max-width: 560px) {
  .cp-field .cp-box { flex-wrap: wrap; width: calc(100% - 64px) !important; height: auto; }
  .cp-field .widget-label { width: 100% !important; line-height: 24px; height: 24px; padding: 0; }
  .cp-unit { padding: 28px 0 0; }
  .cp-field .cp-help { padding-left: 0; }
}
"""
    + CHART_STYLE
    + """
.cp .cp-chart { margin: 12px 0 16px; }
.cp .cp-plot { height: 150px; }
"""
)


def style_sheet() -> widgets.HTML:
    """Returns the style sheet as a widget: in Colab each cell's output is a page of its own."""
    sheet = widgets.HTML(f"<style>{CSS}</style>")
    sheet.layout.display = "none"
    return sheet


def escape(text: object) -> str:
    """Returns a text that HTML shows as it is, whatever a video or a user has put into it."""
    return html.escape(str(text), quote=True)


def line(text: object, kind: str = "quiet") -> str:
    """Returns a line of plain text of a kind: quiet, title, help, hint, good, warning."""
    return f'<div class="cp-{kind} cp-text">{escape(text)}</div>' if str(text) else ""


def folded(text: object) -> str:
    """Returns details that a click unfolds; nothing where there are none."""
    details = escape(_("Details"))
    return (
        f'<details class="cp-help cp-text"><summary>{details}</summary>{escape(text)}</details>'
        if str(text)
        else ""
    )


def title(text: object, project: str = "") -> str:
    """Returns the heading of a panel, with the name of the project that it belongs to, if any."""
    name = (
        f'<span class="cp-of">{escape(_("project {name}", name=project))}</span>' if project else ""
    )
    return f'<div class="cp-title cp-text">{escape(text)}{name}</div>'


def named_values(pairs: Mapping[str, object]) -> str:
    """Returns names with their values side by side, wrapped on a narrow screen."""
    items = (f"<span>{escape(name)} <b>{escape(value)}</b></span>" for name, value in pairs.items())
    return f'<div class="cp-facts">{"".join(items)}</div>'


def bar(share: float) -> str:
    """Returns a progress bar filled to `share`, from 0 to 1."""
    share = min(max(share, 0.0), 1.0)
    done = " cp-done" if share >= 1 else ""
    return f'<div class="cp-bar{done}"><div style="width:{share:.2%}"></div></div>'
