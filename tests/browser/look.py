"""Drives headless Chromium over WebDriver and checks the pages that `run` made. It needs no package.

It must not know how the pages are made: what they should show is read from the JSON of the same run.
"""

import json
import pathlib
import re
import sys

from browser import Browser, driver, run_tests, same

FOLDER = pathlib.Path(sys.argv[1]).resolve()


class Pages(Browser):
    """The pages of the folder."""

    def open(self, name, place=""):
        # A new page each time, also where only the place differs.
        self.call("POST", "url", {"url": "about:blank"})
        self.call("POST", "url", {"url": f"file://{FOLDER}/{name}{place}"})
        assert self.run("return document.documentElement.dataset.ready") == "true", f"{name} did not start"

    def picture(self, name):
        super().picture(FOLDER / name)

    def quiet(self, name):
        """The page wrote nothing to the console and loaded nothing."""
        same(self.log(), [], name)
        loaded = self.run("return performance.getEntriesByType('resource').map((it) => it.name)")
        assert loaded == [], f"{name} loads {loaded}"


def rows(count):
    return f"{count:,} row" + ("" if count == 1 else "s")


def sentence(text):
    return text[:1].upper() + text[1:]


def lit(browser):
    parts = browser.run("return [...document.querySelectorAll('#query .lit')].map((it) => it.textContent)")
    return " ".join("".join(parts).split())


def explain_shows_every_step(browser):
    told = json.loads((FOLDER / "explain.json").read_text())
    steps = [(pipeline["name"], step) for pipeline in told["pipelines"] for step in pipeline["steps"]]
    query = told["query"].encode()
    browser.open("explain.html")
    same(browser.text("h1"), ["Sender recipient contact establishment"], "title")
    same(browser.text("#outcome"), [f"{rows(told['rows'])} in the answer"], "outcome")
    same(browser.text("#query"), [" ".join(told["query"].split())], "query")
    same(browser.text(".pipe h3"), [pipeline["name"] for pipeline in told["pipelines"]], "pipelines")
    same(len(browser.text(".chip")), len(steps), "buttons of steps")
    for at, (pipeline, step) in enumerate(steps):
        what = f"step {step['number']}"
        same(browser.text("#where"), [f"STEP {step['number']} OF {len(steps)} · {pipeline.upper()}"], what)
        same(browser.text("#said"), [sentence(step["summary"])], what)
        same(browser.text("#written"), [step["text"]], what)
        same(browser.text(".chip[aria-current]"), [browser.text(".chip")[at]], what)
        numbers = browser.text("#flow .numbers > span")
        assert f"out {rows(step['rows_out'])}" in numbers, numbers
        if step["inputs"]:
            assert f"in {rows(step['rows_in'])}" in numbers, numbers
        same([re.sub(r"`", "", note) for note in step["notes"]], browser.text(".step .note"), what)
        same(len(browser.text("#table tbody tr")), len(step["sample"]), f"{what}, rows")
        shown = browser.run("return [...document.querySelectorAll('#table thead th')].map((it) => it.firstChild.data)")
        places = [[column["name"] for column in step["columns"]].index(name) for name in shown]
        for place, cell in zip(places, browser.text("#table tbody tr:first-child td")):
            value = step["sample"][0][place]
            if isinstance(value, str) and value:
                same(cell, value, f"{what}, {step['columns'][place]['name']}")
        span = step["span"]
        same(lit(browser), " ".join(query[span["start"] : span["end"]].decode().split()), f"{what}, lit")
        same(browser.run("return document.getElementById('back').disabled"), at == 0, "back")
        same(browser.run("return document.getElementById('next').disabled"), at == len(steps) - 1, "next")
        if at < len(steps) - 1:
            browser.click("#next")
    browser.quiet("explain.html")


def the_profile_tells_of_the_operators(browser):
    browser.open("explain.html", "#step-4")
    assert not browser.run("return document.getElementById('profile').open"), "the profile is out of the way at first"
    profile = browser.run("return JSON.parse(document.getElementById('data').textContent).profile")
    todo, operators = [table["operator"] for table in profile["tables"]][::-1], []
    while todo:
        operators.append(todo.pop())
        todo.extend([*operators[-1]["inputs"], *filter(None, [operators[-1]["body"]]), *operators[-1]["subqueries"]][::-1])
    browser.click("#profile summary")
    same(len(browser.text("#operators tr")), len(operators), "lines")
    same([it.replace(",", "") for it in browser.text("#operators td:nth-child(6)")], [str(it["rows_out"]) for it in operators], "rows out")
    share = sum(float(it) for it in browser.text("#operators td:nth-child(3)"))
    assert 50 < share <= 100 + len(operators) / 20, share
    assert operators[0]["operator"] == "Aggregate" and operators[0]["keyword"] == "summarize", operators[0]
    browser.click("#operators tr:first-child button")
    same(browser.text("#where")[0].split(" · ")[0], "STEP 13 OF 13", "the step of an operator")
    same(browser.run("return [...document.querySelectorAll('#operators tr.lit td:first-child')].map((it) => it.firstChild.textContent)"), ["summarize"], "the operator of a step")
    for scheme in ["light", "dark"]:
        browser.emulate(scheme)
        # Opened anew: a colour on its way to another one is neither.
        browser.open("explain.html", "#step-13")
        browser.click("#profile summary")
        same(browser.run(CONTRAST), [], f"the profile, {scheme}: contrast")
        browser.run("document.getElementById('profile').scrollIntoView()")
        browser.picture(f"profile-{scheme}.png")
    browser.emulate("light", 390)
    wide = browser.run("return document.scrollingElement.scrollWidth - innerWidth")
    assert wide <= 0, f"{wide} pixels too wide with the profile open"
    browser.emulate()
    browser.open("why.html")
    assert browser.run("return document.getElementById('profile').hidden"), "why has no profile"
    browser.quiet("explain.html")


def steps_are_reached_in_every_way(browser):
    browser.open("explain.html")
    step = lambda: int(re.search(r"\d+", browser.text("#where")[0])[0])
    for key, wanted in [("right", 2), ("right", 3), ("left", 2), ("end", 13), ("right", 13), ("home", 1), ("left", 1)]:
        browser.press(key)
        same(step(), wanted, f"key {key}")
    browser.click("#back + #next")
    same(step(), 2, "Next")
    browser.click("#back")
    same(step(), 1, "Back")
    browser.click(".pipe:last-child li:nth-child(6) .chip")
    same(step(), 11, "a step's button")
    browser.click("#flow button")
    same(step(), 5, "the right side of the join")
    browser.click('#query span[data-step="8"]')
    same(step(), 8, "a click into the query")
    same(browser.run("return location.hash"), "#step-8", "the address")
    before = len(browser.text("#table th"))
    browser.click("#table .tablehead button")
    same(len(browser.text("#table th")), 63, "all columns")
    assert before < 63
    browser.open("explain.html", "#step-4")
    same(step(), 4, "an address with a step")
    # From the keyboard alone: to the Back button by Tab, then Enter.
    for _ in range(40):
        if browser.run("return document.activeElement.id") == "back":
            break
        browser.press("tab")
    browser.press("enter")
    same(step(), 3, "Enter on Back")
    browser.quiet("explain.html")


def why_shows_where_a_row_vanishes(browser):
    browser.open("why.html")
    same(browser.text("#chooser button"), ["✗ EmailEvents[9]", "✓ EmailEvents[3]", "✗ EmailEvents[40]"], "rows")
    same(browser.text("#said"), ["Kept 32 of 43 rows"], "the step of the loss")
    verdict = 'DeliveryAction == "Delivered" is false: DeliveryAction is "Blocked"'
    same(browser.text("#verdict")[0], f"✗ EmailEvents[9] vanishes at step 8: {verdict}", "verdict")
    same(browser.text(".why h3"), ["✗ EmailEvents[9] vanishes here · result"], "the row at the step")
    conditions = browser.text(".why li")
    same(len(conditions), 5, "conditions")
    same(conditions[0], f"✗ {verdict}", "the first condition")
    assert all(it.startswith("✓") for it in conditions[1:]), conditions
    assert browser.run("return document.querySelectorAll('#query .lost-here').length") > 0
    same(len(browser.text(".chip.lost")), 2, "steps where it is lost")
    browser.click("#next")
    same(browser.text("#why"), ["EmailEvents[9] is not among these rows."], "behind the loss")
    browser.click("#chooser button:nth-child(3)")
    same(browser.text("#said")[0][:15], "Removed 3 of 32", "the anti join")
    assert "EmailEvents[36]" in browser.text(".why p")[0], browser.text(".why p")
    browser.click("#chooser button:nth-child(2)")
    same(browser.text("#verdict"), ["✓ EmailEvents[3] is in row 3 of the answer"], "verdict")
    browser.click("#cells-box summary")
    assert "twice@new.example" in browser.text("#cells dd"), browser.text("#cells dd")
    browser.quiet("why.html")
    browser.open("origins.html")
    same(browser.text("#chooser button"), ["EmailEvents[3]", "EmailEvents[4]"], "what it is made of")
    same(browser.text("#said"), ["Read 80 rows"], "where it is read")
    browser.quiet("origins.html")


def a_subquery_stands_where_its_rows_flow(browser):
    browser.open("subquery.html")
    same(browser.text(".pipe h3"), ["result", "subquery of step 5", "result (continued)"], "parts")
    numbers = browser.text(".chip .no")
    same(numbers, ["1", "2", "3", "4", "5", "6"], "steps in order")
    same(browser.text(".chip .op")[2], "the rows of each user", "the source of the subquery")
    for number in numbers[1:]:
        browser.click("#next")
        assert browser.text("#where")[0].startswith(f"STEP {number} OF 6"), browser.text("#where")
    browser.open("subquery.html", "#step-3")
    same(browser.text("#said"), ["Divided 3 rows into 2 subtables, one for each user"], "the division")
    browser.open("subquery.html", "#step-5")
    same(browser.text("#said"), ["Ran the subquery for 2 subtables: 2 rows came out"], "the step that runs it")
    same(browser.text("#flow .numbers > span"), ["in 3 rows", "out 2 rows", "its subquery ends in step 4 2 rows"], "flow")
    same(lit(browser), "partition by user (top 1 by size)", "lit")
    browser.click("#flow button")
    assert browser.text("#where")[0].startswith("STEP 4 OF 6"), browser.text("#where")
    browser.quiet("subquery.html")
    browser.open("subquery-why.html")
    assert browser.text("#verdict")[0].startswith("✗ datatable[0] vanishes at step 4"), browser.text("#verdict")
    same(browser.text(".why h3"), ["✗ datatable[0] vanishes here · result"], "the row at the step")
    browser.click("#back")
    same(browser.text(".why p"), ['is one of 2 rows of the subtable user "ann"'], "the row in its subtable")
    browser.click("#chooser button:nth-child(2)")
    same(browser.text("#verdict"), ["✓ datatable[2] is in row 0 of the answer"], "verdict")
    browser.quiet("subquery-why.html")
    browser.picture("subquery-why.png")
    browser.open("own-source.html", "#step-4")
    browser.picture("own-source.png")
    browser.quiet("own-source.html")


def several_tables_are_named(browser):
    browser.open("fork.html")
    same(browser.text("#outcome"), ["2 tables: Table_0 with 1 row, few with 1 row"], "outcome")
    same(browser.text(".pipe h3"), ["rows before fork", "result Table_0", "result few"], "parts")
    same(browser.text("#chooser button"), ["✓ datatable[1]", "✗ datatable[0]"], "rows")
    same(browser.text("#verdict"), ["✓ datatable[1] is in row 0 of the table few"], "verdict")
    browser.quiet("fork.html")


def a_rule_raises_an_alert(browser):
    browser.open("alert.html")
    same(browser.text("h1"), ["Two big ones"], "title")
    same(browser.text("#outcome"), ["2 rows in the answer · raises an alert (rows > 1)"], "outcome")
    browser.quiet("alert.html")


def data_stays_text(browser):
    browser.open("hostile.html")
    same(browser.run("return document.images.length + document.querySelectorAll('body script').length"), 2, "elements")
    assert "</script><script>document.title=1</script>" in browser.text("#table td"), browser.text("#table td")
    assert browser.run("return document.title") != "1"
    browser.quiet("hostile.html")
    browser.open("empty.html", "#step-2")
    same(browser.text("#table .empty"), ["No row is left after this step."], "no rows")
    same(browser.text("#outcome"), ["No row in the answer"], "outcome")
    browser.quiet("empty.html")


# The contrast of each text with what is behind it (WCAG 2.2): 4.5, or 3 for large text.
CONTRAST = """
const lightness = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const colour = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
const behind = (node) => { for (; node; node = node.parentElement) {
  const c = colour(getComputedStyle(node).backgroundColor); if (c.length === 3 || c[3] === 1) return c.slice(0, 3); } return [255, 255, 255]; };
const bad = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const node = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !node.checkVisibility() || node.closest("script, noscript, :disabled")) continue;
  const style = getComputedStyle(node);
  const [a, b] = [lightness(colour(style.color).slice(0, 3)), lightness(behind(node))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
  if (ratio < (large ? 3 : 4.5)) bad.push(`${walker.currentNode.data.trim().slice(0, 30)} (${node.className || node.tagName}): ${ratio.toFixed(2)}`);
}
return [...new Set(bad)];
"""


def light_dark_and_small(browser):
    grounds = set()
    for scheme in ["light", "dark"]:
        for name, place in [("explain.html", "#step-12"), ("why.html", "#step-8"), ("why.html", "#step-12"), ("origins.html", "")]:
            browser.emulate(scheme)
            browser.open(name, place)
            same(browser.run(CONTRAST), [], f"{name}{place}, {scheme}: contrast")
        browser.open("why.html")
        grounds.add(browser.run("return getComputedStyle(document.body).backgroundColor"))
        browser.picture(f"why-{scheme}.png")
        for width in [360, 390, 768, 1024]:
            browser.emulate(scheme, width)
            browser.open("why.html", "#step-8")
            wide = browser.run("return document.scrollingElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{wide} pixels too wide at {width}"
        browser.emulate(scheme, 390, 1700)
        browser.open("why.html")
        browser.picture(f"why-{scheme}-phone.png")
    same(len(grounds), 2, "colours of the page")
    browser.emulate()


def everyone_can_use_it(browser):
    browser.open("why.html")
    nameless = "return [...document.querySelectorAll('button')].filter((it) => it.checkVisibility() && !it.innerText.trim()).length"
    same(browser.run(nameless), 0, "buttons without a name")
    same(browser.run("return document.documentElement.lang"), "en", "language")
    same(browser.run("return ['main', 'h1', 'nav', 'header'].map((it) => document.querySelectorAll(it).length)"), [1] * 4, "landmarks")
    levels = browser.run("return [...document.querySelectorAll('h1, h2, h3')].filter((it) => it.checkVisibility()).map((it) => +it.tagName[1])")
    assert all(next_ - level <= 1 for level, next_ in zip(levels, levels[1:])), levels
    same(browser.run("return document.querySelectorAll('[aria-live=polite] #said').length"), 1, "what is read aloud")


def an_answer_is_sorted_and_filtered(browser):
    browser.open("answer.html")
    same(browser.text(".count"), ["5,000 rows"], "rows")
    drawn = browser.run("return document.querySelectorAll('.row').length")
    assert 10 < drawn < 200, f"{drawn} rows are drawn"
    same(browser.run("return [...document.querySelectorAll('figure')].filter((it) => it.checkVisibility()).length"), 1, "charts")
    cells = lambda column: browser.text(f".row > span:nth-child({column})")
    same(cells(2)[:2], ["<b>ann</b>", "bob"], "texts stay texts")
    sort = lambda column: browser.click(f".top > div:nth-child({column}) button")
    sort(3)
    # Numbers that JavaScript has no digits for are still in their order.
    same(cells(3)[:2], ["9007199254740994", "9007199254740994"], "the smallest ones")
    sort(3)
    same(browser.run("return document.querySelector('.top > div:nth-child(3)').ariaSort"), "descending", "what is read aloud")
    same(cells(3)[0], "9007199254741992", "the largest one")
    sort(3)
    same(cells(1)[:2], ["2024-06-30T00:00:00Z", "2024-06-30T00:01:00Z"], "as they were")
    browser.run("document.querySelector('.scroll').scrollTop = 1e6")
    browser.run("return new Promise((done) => setTimeout(done, 100))")
    same(cells(1)[-1], "2024-07-03T11:19:00Z", "the last row")
    browser.run("const it = document.querySelector('input'); it.value = 'BOB'; it.dispatchEvent(new Event('input'))")
    browser.run("return new Promise((done) => setTimeout(done, 300))")
    same(browser.text(".count"), ["2,500 of 5,000 rows"], "rows with a word")
    browser.run("document.querySelector('.row').click()")
    same(browser.text("dialog dd")[:2], ["2024-06-30T00:01:00Z", "bob"], "one row")
    browser.run("document.querySelector('dialog').close()")
    browser.emulate("dark", 375)
    browser.open("answer.html")
    wide = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    same(wide, 0, "pixels outside of a phone")
    same(browser.run("return [...document.querySelectorAll('figure')].find((it) => it.checkVisibility()).className"), "narrow", "the chart of a phone")
    browser.picture("answer-dark-375.png")
    browser.emulate()
    browser.quiet("answer.html")


def main():
    with driver() as address:
        browser = Pages(address)
        tests = [
            explain_shows_every_step,
            the_profile_tells_of_the_operators,
            steps_are_reached_in_every_way,
            why_shows_where_a_row_vanishes,
            a_subquery_stands_where_its_rows_flow,
            several_tables_are_named,
            a_rule_raises_an_alert,
            data_stays_text,
            light_dark_and_small,
            everyone_can_use_it,
            an_answer_is_sorted_and_filtered,
        ]
        code = run_tests(browser, tests)
        browser.close()
        return code


sys.exit(main())
