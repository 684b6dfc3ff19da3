"""Works through the playground in headless Chromium: lessons, mistakes, charts, steps, rows, links, files.

The first argument is the folder that `playground/build` made, the second one a folder for pictures, which may be left out.
"""

import functools
import http.server
import pathlib
import sys
import threading
import time

from browser import Browser, driver, run_tests, same

DIST = pathlib.Path(sys.argv[1]).resolve()
PICTURES = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None
CONTROL, SHIFT, ENTER = "\ue009", "\ue008", "\ue007"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Playground(Browser):
    """The playground in a browser."""

    def __init__(self, address, site):
        super().__init__(address)
        self.site = site

    def open(self, place="", fresh=True):
        if fresh:
            self.call("POST", "url", {"url": self.site})
            self.run("localStorage.clear()")
        self.call("POST", "url", {"url": "about:blank"})
        self.call("POST", "url", {"url": self.site + place})
        self.wait("document.body.dataset.ready === 'yes'")

    def wait(self, condition):
        for _ in range(400):
            if self.run(f"return Boolean({condition})"):
                return
            time.sleep(0.025)
        raise AssertionError(f"never: {condition}")

    def write(self, text):
        script = "const it = document.getElementById('query'); it.value = arguments[0]; it.dispatchEvent(new Event('input')); it.focus()"
        self.run(script, text)

    def rest(self):
        self.wait("document.getElementById('run').textContent === 'Run'")

    def chord(self, *keys):
        strokes = [{"type": "keyDown", "value": key} for key in keys] + [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self.call("POST", "actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def type(self, text):
        self.call("POST", f"element/{self.find('#query')}/value", {"text": text})

    def show(self, name):
        if PICTURES:
            self.picture(PICTURES / name)


def every_lesson_is_solved(page):
    page.open("#l=0")
    count = page.run("return document.querySelectorAll('#lesson option').length") - 1
    assert count >= 10, count
    for number in range(count):
        page.open(f"#l={number}", fresh=number == 0)
        page.click("#solution")
        page.rest()
        page.click("#judge")
        page.wait("!document.getElementById('verdict').hidden")
        assert page.text("#verdict")[0].startswith("✓ Solved."), f"lesson {number}: {page.text('#verdict')}"
    marks = page.text("#lesson option")
    assert all(mark.startswith("✓") for mark in marks[:count]), marks


def a_wrong_answer_is_helped(page):
    page.open("#l=0")
    page.show("lesson.png")
    page.write("Logons\n| where User == \"bob\"")
    page.chord(CONTROL, SHIFT, ENTER)
    page.wait("!document.getElementById('verdict').hidden")
    said = page.text("#verdict")[0]
    assert said.startswith("✗") and "Two things must hold" in said, said
    page.show("wrong.png")


def mistakes_are_marked_while_one_writes(page):
    page.open("#l=0")
    page.write("Logons\n| where Usr == 'bob'")
    page.wait("document.querySelectorAll('#findings li').length > 0")
    same(page.text("#paint .wrong"), ["Usr"], "what is marked")
    assert "did you mean 'User'" in page.text("#findings")[0], page.text("#findings")
    page.show("mistake.png")
    page.write("Logons\n| where User == 'bob'")
    page.wait("document.querySelectorAll('#findings li').length === 0")


def what_may_stand_there_is_proposed(page):
    page.open("#l=0")
    page.write("Logons\n| where ")
    page.run("const it = document.getElementById('query'); it.setSelectionRange(it.value.length, it.value.length)")
    page.type("Us")
    page.wait("document.querySelectorAll('#proposals li').length > 0 && !document.getElementById('proposals').hidden")
    assert page.text("#proposals li")[0].startswith("User"), page.text("#proposals li")
    page.show("proposals.png")
    page.chord(ENTER)
    same(page.run("return document.getElementById('query').value"), "Logons\n| where User", "what is taken")
    same(page.run("return document.getElementById('proposals').hidden"), True, "the list")
    page.type(" == 'ann'")
    page.chord(CONTROL, ENTER)
    page.wait("document.querySelectorAll('#shown tbody tr').length === 4")


def a_query_runs_and_is_drawn(page):
    page.open("#l=-1")
    page.rest()
    same(page.run("return document.querySelectorAll('#shown svg.kqlite-chart').length"), 1, "charts")
    page.show("chart.png")
    page.write("print text = '<img src=x onerror=alert(1)>', n = 9223372036854775807, no = int(null)")
    page.chord(CONTROL, ENTER)
    page.wait("document.querySelectorAll('#shown td').length === 3")
    same(page.text("#shown td"), ["<img src=x onerror=alert(1)>", "9223372036854775807", "null"], "cells")
    same(page.run("return document.querySelectorAll('#shown img').length"), 0, "data stays text")


def columns_sort(page):
    page.open("#l=-1")
    page.write("datatable (a: long) [9, 10, long(null), -1]")
    page.chord(CONTROL, ENTER)
    page.wait("document.querySelectorAll('#shown td').length === 4")
    page.click("#shown th button")
    same(page.text("#shown td"), ["-1", "9", "10", "null"], "upwards")
    page.click("#shown th button")
    same(page.text("#shown td"), ["10", "9", "-1", "null"], "downwards")


def steps_and_rows_are_explained(page):
    page.open("#l=0")
    page.write("Logons\n| where Country == \"FR\"\n| count")
    page.click("#explain")
    page.wait("document.querySelectorAll('#shown .step').length === 3")
    assert "kept 5 of 22 rows" in page.text("#shown .step > h3")[1], page.text("#shown .step > h3")
    page.run("document.querySelectorAll('#shown .step > button')[1].click()")
    same("".join(page.text("#paint .lit")).replace(" ", ""), 'whereCountry=="FR"', "what is lit")
    page.show("steps.png")
    page.click("#tab-data")
    page.wait("document.querySelectorAll('#shown tr[tabindex]').length === 22")
    page.click("#shown tr[tabindex]")
    page.wait("document.querySelectorAll('#shown .fate').length === 1")
    assert "`" not in page.text("#shown .fate")[0] and 'Country is "DE"' in page.text("#shown .fate")[0], page.text("#shown .fate")
    page.show("row.png")


def the_reference_is_at_hand(page):
    page.open("#l=0")
    page.write("Logons | summarize count()")
    page.run("document.getElementById('query').setSelectionRange(12, 12)")
    page.chord("\ue031")
    page.wait("document.querySelectorAll('#shown .docs').length > 0")
    assert page.text("#shown .docs h2")[0].startswith("summarize"), page.text("#shown .docs h2")


def a_link_carries_the_query(page):
    page.open("#l=-1")
    query = "print text = 'häß 😀', n = 1 + 1"
    page.write(query)
    page.click("#share")
    page.wait("location.hash.includes('q=')")
    place = page.run("return location.hash")
    page.open(place)
    page.rest()
    same(page.run("return document.getElementById('query').value"), query, "the query")
    same(page.text("#shown td"), ["häß 😀", "2"], "it ran")
    page.open("#q=broken%00")
    assert "no query" in page.text("#state")[0], page.text("#state")


def files_become_tables(page):
    page.open("#l=-1")
    script = """
      const files = new DataTransfer();
      files.items.add(new File(["name,size\\nx,1\\ny,22\\n"], "my files.csv"));
      files.items.add(new File(['{"a": 1}\\n{"a": 2}\\n'], "more.ndjson"));
      dispatchEvent(new DragEvent("drop", { dataTransfer: files.dataTransfer ?? files, cancelable: true }));
    """
    page.run(script)
    page.wait("document.getElementById('tables').innerText.includes('more (2)')")
    page.write("my_files | summarize sum(size)")
    page.chord(CONTROL, ENTER)
    page.wait("document.querySelectorAll('#shown td').length === 1")
    same(page.text("#shown td"), ["23"], "the sum")


def a_long_query_is_stopped(page):
    page.open("#l=0")
    page.write("range a from 1 to 9000000 step 1 | extend b = strcat(a, a, a) | summarize dcount(b), make_set(b, 5)")
    page.click("#run")
    page.wait("document.getElementById('run').textContent === 'Stop'")
    page.click("#run")
    page.rest()
    same(page.text("#shown .error"), ["stopped"], "what is said")
    page.write("Logons | count")
    page.click("#run")
    page.wait("document.querySelectorAll('#shown td').length === 1")
    same(page.text("#shown td"), ["22"], "its tables are there again")


def light_dark_and_small(page):
    for scheme, width in [("light", 0), ("dark", 0), ("dark", 375), ("light", 375)]:
        page.emulate(scheme, width, 812)
        page.open("#l=-1")
        page.rest()
        wide = page.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{scheme} {width}: {wide} pixels are outside"
        page.show(f"free-{scheme}-{width}.png")
    page.emulate()


def nothing_is_asked_of_others(page):
    page.open("#l=0")
    page.click("#run")
    page.rest()
    loaded = page.run("return performance.getEntriesByType('resource').map((it) => it.name)")
    assert all(name.startswith(page.site) for name in loaded), loaded
    same(page.log(), [], "the console")


def main():
    handler = functools.partial(Quiet, directory=DIST)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with driver() as address:
        page = Playground(address, f"http://127.0.0.1:{server.server_port}/")
        tests = [
            every_lesson_is_solved,
            a_wrong_answer_is_helped,
            mistakes_are_marked_while_one_writes,
            what_may_stand_there_is_proposed,
            a_query_runs_and_is_drawn,
            columns_sort,
            steps_and_rows_are_explained,
            the_reference_is_at_hand,
            a_link_carries_the_query,
            files_become_tables,
            a_long_query_is_stopped,
            light_dark_and_small,
            nothing_is_asked_of_others,
        ]
        code = run_tests(page, tests)
        page.close()
    server.shutdown()
    return code


sys.exit(main())
