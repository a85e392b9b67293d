"""What people with weak eyes, unsteady hands or a screen reader meet on a page, as Chromium has it.

Limits are those of WCAG 2.2, level AA: contrast 4.5 for words and 3 for what else must be seen.
"""

from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

FAINT = """
() => {
  const channels = (colour) => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const luminance = ([red, green, blue]) => [red, green, blue]
    .map((each) => each / 255)
    .map((each) => each <= 0.03928 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
    .reduce((sum, each, index) => sum + each * [0.2126, 0.7152, 0.0722][index], 0);
  const seen = (colour) => colour.length < 4 || colour[3] > 0;
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = channels(getComputedStyle(each).backgroundColor);
      if (seen(colour)) return colour;
    }
    return [255, 255, 255];
  };
  const ratio = (one, other) => {
    const [light, dark] = [one, other].map(luminance).sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const faint = [];
  const look = (element, what, colour, ground, least) => {
    const found = ratio(colour, ground);
    if (found < least) faint.push(`${what} ${element.outerHTML.slice(0, 60)} ${found.toFixed(2)}`);
  };
  for (const element of document.querySelectorAll("main *")) {
    const style = getComputedStyle(element);
    if (!element.checkVisibility() || element.disabled) continue;
    const words = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const drawn = element instanceof SVGElement;
    const ground = behind(element);
    if (words) look(element, "words", channels(drawn ? style.fill : style.color), ground, 4.5);
    else if (element.matches("rect")) look(element, "bar", channels(style.fill), ground, 3);
    else if (element.matches("line")) look(element, "line", channels(style.stroke), ground, 3);
    if (element.matches("input")) {
      look(element, "edge", channels(style.borderTopColor), behind(element.parentElement), 3);
      look(element, "content", channels(style.color), ground, 4.5);
    }
    if (element === document.activeElement && parseFloat(style.outlineWidth) > 0) {
      look(element, "focus", channels(style.outlineColor), behind(element.parentElement), 3);
    }
  }
  return faint;
}
"""
"""Returns what is too faint: words, edges of fields, charts, and where the focus is."""

SMALL = """
() => [...document.querySelectorAll("button, summary, input")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < 44)
  .map((each) => each.outerHTML.slice(0, 60))
"""
"""Returns what is too small for a finger."""

_PLACE = """
() => {
  const each = document.activeElement;
  return each.id || each.textContent.trim().slice(0, 40) || each.tagName;
}
"""


@dataclass(frozen=True)
class Node:
    """What a screen reader knows of a thing on the page."""

    role: str
    name: str
    description: str
    properties: dict[str, Any]


async def tree(page: Page) -> list[Node]:
    """The accessibility tree in reading order, without what is only layout."""
    session = await page.context.new_cdp_session(page)
    await session.send("Accessibility.enable")
    answer = await session.send("Accessibility.getFullAXTree")
    await session.detach()
    return [
        Node(
            role=each["role"]["value"],
            name=each.get("name", {}).get("value", ""),
            description=each.get("description", {}).get("value", ""),
            properties={
                one["name"]: one["value"].get("value") for one in each.get("properties", ())
            },
        )
        for each in answer["nodes"]
        if not each["ignored"]
    ]


async def nameless(page: Page) -> list[Node]:
    """What takes the focus or is a picture, and has no name."""
    return [
        each
        for each in await tree(page)
        if not each.name
        and (each.role in {"image", "img"} or each.properties.get("focusable"))
        and each.role != "RootWebArea"
    ]


async def headings(page: Page) -> list[tuple[int, str]]:
    """Levels and words of the headings."""
    return [
        (int(each.properties["level"]), each.name)
        for each in await tree(page)
        if each.role == "heading"
    ]


async def reflows(page: Page) -> bool:
    """Whether a page needs no scrolling sideways at 320 pixels: a phone, or four times zoomed."""
    before = page.viewport_size
    assert before is not None
    await page.set_viewport_size({"width": 320, "height": 640})
    fits: bool = await page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    await page.set_viewport_size(before)
    return fits


async def tab_stops(page: Page, count: int) -> list[str]:
    """Where the Tab key leads to, step by step: ids, or words."""
    found = []
    for _ in range(count):
        await page.keyboard.press("Tab")
        found.append(str(await page.evaluate(_PLACE)))
    return found
