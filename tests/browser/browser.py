"""A session of headless Chromium over WebDriver, without any package. It must not know the pages that are looked at."""

import base64
import contextlib
import json
import pathlib
import re
import subprocess
import urllib.error
import urllib.request

KEYS = {"right": "\ue014", "left": "\ue012", "home": "\ue011", "end": "\ue010", "tab": "\ue004", "enter": "\ue007"}
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser:
    """A session of Chromium."""

    def __init__(self, address):
        self.address = address
        options = {
            "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1440,1000"],
        }
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = ""
        made = self.call("POST", "session", {"capabilities": {"alwaysMatch": wanted}})
        self.session = f"session/{made['sessionId']}/"

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.address}/{self.session}{path}".rstrip("/"), data, {"Content-Type": "application/json"}, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(json.load(error)["value"]["message"]) from error

    def run(self, script, *arguments):
        return self.call("POST", "execute/sync", {"script": script, "args": list(arguments)})

    def find(self, css):
        return self.call("POST", "element", {"using": "css selector", "value": css})[ELEMENT]

    def click(self, css):
        self.call("POST", f"element/{self.find(css)}/click", {})

    def press(self, key):
        strokes = [{"type": "keyDown", "value": KEYS[key]}, {"type": "keyUp", "value": KEYS[key]}]
        self.call("POST", "actions", {"actions": [{"type": "key", "id": "keys", "actions": strokes}]})

    def text(self, css):
        found = self.run("return [...document.querySelectorAll(arguments[0])].map((it) => it.innerText)", css)
        return [" ".join(text.split()) for text in found]

    def emulate(self, scheme="light", width=0, height=900):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.cdp("Emulation.setEmulatedMedia", {"features": features})
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height if width else 0, "deviceScaleFactor": 0, "mobile": False},
        )

    def cdp(self, command, parameters):
        return self.call("POST", "goog/cdp/execute", {"cmd": command, "params": parameters})

    def picture(self, path):
        pathlib.Path(path).write_bytes(base64.b64decode(self.call("GET", "screenshot")))

    def log(self):
        """What the page wrote to the console."""
        return self.call("POST", "se/log", {"type": "browser"})

    def close(self):
        self.call("DELETE", "")


@contextlib.contextmanager
def driver():
    """The address of a driver, which ends with the block."""
    process = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        port = next(found[1] for line in process.stdout if (found := re.search(r"successfully on port (\d+)", line)))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def run_tests(browser, tests):
    """Runs tests one after the other; the answer is the exit code."""
    failed = 0
    for test in tests:
        try:
            test(browser)
            print(f"ok      {test.__name__}")
        except AssertionError as error:
            failed += 1
            print(f"FAILED  {test.__name__}\n        {error}")
    return 1 if failed else 0


def same(found, wanted, what):
    assert found == wanted, f"{what}: expected {wanted!r}, the page has {found!r}"
