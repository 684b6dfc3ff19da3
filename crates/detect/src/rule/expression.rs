//! Follows the expressions of Azure templates, `[concat(variables('a'), 'b')]`, as far as they give texts that the template
//! itself has: parameters' defaults, variables, texts put together. It must not know what the texts are for.

use super::place::PlacedText;
use super::tree::{Content, Node};

/// How deep expressions may be nested, and variables in variables.
const MAX_DEPTH: usize = 40;
/// How long a text may become.
const MAX_BYTES: usize = 8 << 20;
/// How many expressions may be followed for one value.
const MAX_STEPS: usize = 10_000;

/// What the names of expressions stand for: the templates around a value, the outermost first.
#[derive(Debug, Clone, Default)]
pub(super) struct TemplateScope<'n> {
    templates: Vec<&'n Node>,
    /// Which copy of a resource is meant.
    copy: Option<usize>,
}

impl<'n> TemplateScope<'n> {
    /// The scope inside of a value, which may be a template.
    pub fn within(&self, node: &'n Node) -> Self {
        let mut inner = self.clone();
        if node.get("resources").is_some() {
            inner.templates.push(node);
        }
        inner
    }

    /// The scope of one copy of a resource.
    pub fn of_copy(&self, number: usize) -> Self {
        Self { copy: Some(number), ..self.clone() }
    }

    /// The value that a value stands for: of an expression that names one, that one; else itself.
    pub fn followed(&self, file: &str, node: &'n Node) -> Option<&'n Node> {
        match self.value(file, node)? {
            TemplateValue::Node(node) => Some(node),
            TemplateValue::Text(_) | TemplateValue::Number(_) => Some(node),
        }
    }

    /// The text that a value stands for; nothing for an expression that cannot be followed.
    pub fn text(&self, file: &str, node: &'n Node) -> Option<PlacedText> {
        match self.value(file, node)? {
            TemplateValue::Text(text) => Some(text),
            TemplateValue::Number(number) => Some(PlacedText::unplaced(&number.to_string())),
            TemplateValue::Node(node) => node.text().map(|_| PlacedText::of(file, node)),
        }
    }

    /// The number that a value stands for.
    pub fn number(&self, file: &str, node: &'n Node) -> Option<usize> {
        match self.value(file, node)? {
            TemplateValue::Number(number) => Some(number),
            TemplateValue::Text(text) => text.text.trim().parse().ok(),
            TemplateValue::Node(node) => node.text()?.trim().parse().ok(),
        }
    }

    fn value(&self, file: &str, node: &'n Node) -> Option<TemplateValue<'n>> {
        TemplateEvaluation { scope: self, file, steps: 0 }.node(node, 0)
    }

    /// A variable or a parameter's default, by the nearest template that has it.
    fn member(&self, of: &str, name: &str) -> Option<&'n Node> {
        self.templates.iter().rev().find_map(|template| {
            let (_, node) =
                template.get(of)?.entries().iter().find(|(key, _)| key.name.eq_ignore_ascii_case(name))?;
            if of == "parameters" { node.get("defaultValue") } else { Some(node) }
        })
    }
}

/// What an expression gives.
enum TemplateValue<'n> {
    /// A value of the template.
    Node(&'n Node),
    /// A text.
    Text(PlacedText),
    /// A number.
    Number(usize),
}

/// One value that is followed.
struct TemplateEvaluation<'s, 'n> {
    scope: &'s TemplateScope<'n>,
    file: &'s str,
    steps: usize,
}

impl<'n> TemplateEvaluation<'_, 'n> {
    /// A value: a text in brackets is an expression, one with two brackets begins with one.
    fn node(&mut self, node: &'n Node, depth: usize) -> Option<TemplateValue<'n>> {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return None;
        }
        let Content::Text(text) = &node.content else { return Some(TemplateValue::Node(node)) };
        if self.scope.templates.is_empty() || !text.starts_with('[') {
            return Some(TemplateValue::Node(node));
        }
        let placed = PlacedText::of(self.file, node);
        if text.starts_with("[[") {
            return Some(TemplateValue::Text(placed.part(1..text.len())));
        }
        // Not every text that begins with a bracket is an expression.
        let is_expression = text.ends_with(']')
            && text.get(1..).is_some_and(|it| it.trim_start().starts_with(|c: char| c.is_ascii_alphabetic()));
        if !is_expression {
            return Some(TemplateValue::Node(node));
        }
        let mut reader = ExpressionReader { text: &placed, at: 1 };
        let value = self.expression(&mut reader, depth + 1)?;
        reader.skip_blanks();
        (reader.at + 1 == text.len()).then_some(value)
    }

    fn expression(&mut self, reader: &mut ExpressionReader<'_>, depth: usize) -> Option<TemplateValue<'n>> {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return None;
        }
        reader.skip_blanks();
        let mut value = match reader.peek()? {
            b'\'' => TemplateValue::Text(reader.literal()?),
            b'0'..=b'9' => TemplateValue::Number(reader.number()?),
            _ => {
                let name = reader.name()?;
                let mut arguments = Vec::new();
                reader.take(b'(')?;
                while reader.take(b')').is_none() {
                    arguments.push(self.expression(reader, depth + 1)?);
                    if reader.take(b',').is_none() {
                        reader.take(b')')?;
                        break;
                    }
                }
                self.call(&name, arguments, depth)?
            }
        };
        // `.name`, `[0]`, `['name']`
        loop {
            let step = if reader.take(b'.').is_some() {
                TemplateValue::Text(PlacedText::unplaced(&reader.name()?))
            } else if reader.is_at(b'[') {
                reader.take(b'[')?;
                let step = self.expression(reader, depth + 1)?;
                reader.take(b']')?;
                step
            } else {
                return Some(value);
            };
            let TemplateValue::Node(node) = value else { return None };
            let inner = match step {
                TemplateValue::Number(at) => node.items().get(at)?,
                TemplateValue::Text(name) => node.get(&name.text)?,
                TemplateValue::Node(name) => node.get(name.text()?)?,
            };
            value = self.node(inner, depth + 1)?;
        }
    }

    fn call(
        &mut self,
        name: &str,
        arguments: Vec<TemplateValue<'n>>,
        depth: usize,
    ) -> Option<TemplateValue<'n>> {
        let name = name.to_ascii_lowercase();
        if let ("length", [TemplateValue::Node(node)]) = (name.as_str(), &arguments[..]) {
            return matches!(node.content, Content::List(_))
                .then_some(TemplateValue::Number(node.items().len()));
        }
        if let ("copyindex", []) = (name.as_str(), &arguments[..]) {
            return self.scope.copy.map(TemplateValue::Number);
        }
        let texts = arguments.into_iter().map(|it| self.text_of(it)).collect::<Option<Vec<PlacedText>>>()?;
        let made = match (name.as_str(), &texts[..]) {
            ("variables" | "parameters", [of]) => {
                let node = self.scope.member(&name, &of.text)?;
                return self.node(node, depth + 1);
            }
            ("concat", texts) => {
                let mut whole = PlacedText::default();
                texts.iter().for_each(|text| whole.push(text));
                whole
            }
            ("format", [pattern, values @ ..]) => formatted(pattern, values)?,
            ("string", [text]) => text.clone(),
            ("trim", [text]) => {
                let start = text.text.len() - text.text.trim_start().len();
                text.part(start..start + text.text.trim().len())
            }
            ("tolower", [text]) => PlacedText::unplaced(&text.text.to_lowercase()),
            ("toupper", [text]) => PlacedText::unplaced(&text.text.to_uppercase()),
            ("replace", [text, from, to]) if !from.text.is_empty() => replaced(text, &from.text, to),
            _ => return None,
        };
        (made.text.len() <= MAX_BYTES).then_some(TemplateValue::Text(made))
    }

    fn text_of(&self, value: TemplateValue<'n>) -> Option<PlacedText> {
        match value {
            TemplateValue::Text(text) => Some(text),
            TemplateValue::Number(number) => Some(PlacedText::unplaced(&number.to_string())),
            TemplateValue::Node(node) => node.text().map(|_| PlacedText::of(self.file, node)),
        }
    }
}

/// `{0}` and its like in a text stand for values; `{{` is a brace.
fn formatted(pattern: &PlacedText, values: &[PlacedText]) -> Option<PlacedText> {
    let text = pattern.text.as_str();
    let mut made = PlacedText::default();
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find(['{', '}']).map(|at| from + at) {
        made.push(&pattern.part(from..at));
        let rest = text.get(at..)?;
        if rest.starts_with("{{") || rest.starts_with("}}") {
            made.push(&pattern.part(at..at + 1));
            from = at + 2;
            continue;
        }
        let end = rest.find('}').filter(|_| rest.starts_with('{'))?;
        let number: usize = rest.get(1..end)?.split(':').next()?.trim().parse().ok()?;
        made.push(values.get(number)?);
        if made.text.len() > MAX_BYTES {
            return None;
        }
        from = at + end + 1;
    }
    made.push(&pattern.part(from..text.len()));
    Some(made)
}

fn replaced(text: &PlacedText, from: &str, to: &PlacedText) -> PlacedText {
    let mut made = PlacedText::default();
    let mut start = 0;
    for (at, _) in text.text.match_indices(from) {
        made.push(&text.part(start..at));
        made.push(to);
        start = at + from.len();
        if made.text.len() > MAX_BYTES {
            break;
        }
    }
    made.push(&text.part(start..text.text.len()));
    made
}

/// Reads the parts of an expression.
struct ExpressionReader<'t> {
    text: &'t PlacedText,
    at: usize,
}

impl ExpressionReader<'_> {
    fn rest(&self) -> &str {
        self.text.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn peek(&self) -> Option<u8> {
        self.rest().bytes().next()
    }

    fn is_at(&mut self, byte: u8) -> bool {
        self.skip_blanks();
        self.peek() == Some(byte)
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        let found = self.is_at(byte);
        self.at += usize::from(found);
        found.then_some(())
    }

    fn name(&mut self) -> Option<String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '$' | '#' | '-'));
        let name = rest.get(..end.unwrap_or(rest.len()))?.to_owned();
        self.at += name.len();
        (!name.is_empty()).then_some(name)
    }

    fn number(&mut self) -> Option<usize> {
        let rest = self.rest();
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let number = rest.get(..digits)?.parse().ok()?;
        self.at += digits;
        Some(number)
    }

    /// A text in single quotes, in which two of them are one.
    fn literal(&mut self) -> Option<PlacedText> {
        self.take(b'\'')?;
        let mut made = PlacedText::default();
        loop {
            let end = self.at + self.rest().find('\'')?;
            made.push(&self.text.part(self.at..end));
            let is_doubled = self.text.text.get(end..)?.starts_with("''");
            self.at = end + 1 + usize::from(is_doubled);
            if !is_doubled {
                return Some(made);
            }
            made.push(&self.text.part(end..end + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use kqlite::Span;

    use super::super::json;
    use super::*;

    /// What the member `q` of a template gives, and where the word `HERE` of it stands.
    fn text(template: &str) -> Option<(String, Option<usize>)> {
        let node = json::read(template).unwrap();
        let scope = TemplateScope::default().within(&node);
        let found = scope.text(template, node.get("q").unwrap())?;
        let word = found.text.find("HERE");
        let place = word.and_then(|at| found.places.span(Span::new(at, at + 4)));
        Some((found.text, place.map(|it| it.start as usize)))
    }

    fn template(q: &str) -> String {
        format!(
            r#"{{"resources": [], "parameters": {{"P": {{"type": "string", "defaultValue": "par"}}, "N": {{"type": "string"}}}},
            "variables": {{"v": "T | where \"HERE\"", "w": "[concat('x ', variables('v'))]", "$fxv#0": "a\nHERE",
            "o": {{"list": ["one", {{"query": "HERE"}}]}}, "loop": "[variables('loop')]"}}, "q": "{q}"}}"#
        )
    }

    #[test]
    fn expressions_are_followed() {
        let check = |q: &str, value: &str| {
            let template = template(q);
            let (found, place) = text(&template).unwrap_or_else(|| panic!("{q}"));
            assert_eq!(found, value, "{q}");
            if value.contains("HERE") {
                let place = place.unwrap_or_else(|| panic!("{q}: no place"));
                assert_eq!(&template[place..place + 4], "HERE", "{q}");
            }
        };
        check("plain HERE", "plain HERE");
        check("[[HERE]", "[HERE]");
        check("['T x'] | HERE", "['T x'] | HERE");
        check("[variables('v')]", "T | where \"HERE\"");
        check("[ variables( 'w' ) ]", "x T | where \"HERE\"");
        check("[variables('$fxv#0')]", "a\nHERE");
        check("[parameters('p')]", "par");
        check("[variables('o').list[1].query]", "HERE");
        check("[concat('it''s ', 'HERE', '\\n', parameters('P'))]", "it's HERE\npar");
        check("[format('{{{0}}} {1} HERE', 'a', toUpper('b'))]", "{a} B HERE");
        check("[replace(replace('a-HERE-b', '-', '+'), 'a', 'c')]", "c+HERE+b");
        check("[trim('  HERE ')]", "HERE");
    }

    #[test]
    fn what_cannot_be_followed_is_nothing() {
        for q in [
            "[parameters('N')]",
            "[parameters('none')]",
            "[variables('loop')]",
            "[resourceGroup().name]",
            "[concat('a', uniqueString('b'))]",
            "[concat('a']",
            "[variables('v') x]",
        ] {
            assert_eq!(text(&template(q)), None, "{q}");
        }
        let deep = format!("[{}'a'{}]", "concat(".repeat(5000), ")".repeat(5000));
        assert_eq!(text(&template(&deep)), None);
        let doubled = format!("[concat({})]", "variables('w'),".repeat(20_000).trim_end_matches(','));
        assert_eq!(text(&template(&doubled)), None);
    }
}
