//! Pages of HTML out of templates, and texts and JSON so that they stay what they are in them. It must not know any page.

use std::borrow::Cow;

/// The template with something in place of each `{{name}}`; a name without anything stays. What is put in is not looked at again.
pub fn filled<'a>(template: &str, put: impl Fn(&str) -> Option<Cow<'a, str>>) -> String {
    let mut page = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("{{") {
        let Some((name, after)) = behind.split_once("}}") else { break };
        page.push_str(before);
        match put(name) {
            Some(text) => page.push_str(&text),
            None => page.extend(["{{", name, "}}"]),
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

/// Text for HTML.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// JSON for a script element: `<` would begin `</script>` or a comment.
pub fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}
