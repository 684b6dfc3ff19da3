//! XML texts as dynamic values. It must not know how their members are read.

use std::sync::Arc;

use indexmap::IndexMap;
use quick_xml::XmlVersion;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::rows::{Guard, ITEM_BYTES};
use crate::column::{DynamicType, StringType};
use crate::diagnostic::{Code, Diagnostic};
use crate::function::kinds::{STRING_OR_DYNAMIC, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ResultName, ScalarFunction, signatures};
use crate::types::{Bag, Dynamic, MAX_DEPTH};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "parse_xml",
    category: Category::Dynamic,
    summary: "An XML text as a bag of its elements: attributes are called '@name', text beside them '#text', elements of \
              one name are an array, and a text that is a number as JSON writes it is one; null if the text is no XML or \
              longer than 1 MB.",
    signatures: signatures![(xml_text: STRING_OR_DYNAMIC) -> returns::DYNAMIC],
    result_name: ResultName::FirstArgument,
    kernel: Kernel::Rows(|call| {
        let guard = Guard::new(call);
        let column =
            call.map1::<StringType, DynamicType>(|text| guard.row(|| parse(call, &guard, text).map(Some)));
        guard.finish(column)
    }),
    examples: &[
        Example {
            query: r#"parse_xml('<e name="value">text</e>')"#,
            result: r##"{"e":{"@name":"value","#text":"text"}}"##,
        },
        Example {
            query: "parse_xml('<e> <a>text</a> <a>text</a> <b/> </e>').e",
            result: r#"{"a":["text","text"],"b":null}"#,
        },
        Example {
            query: "parse_xml('<duration><value>118.0</value></duration>').duration.value",
            result: "118.0",
        },
        Example { query: "parse_xml('<e>')", result: "null" },
    ],
    ..ScalarFunction::DEFAULT
}];

/// Longer texts are null. Source: the function's page.
const MAX_BYTES: usize = 1_048_576;

/// About how many bytes an element takes while it is read: its name, its first members, and their places in a table.
const ELEMENT_BYTES: usize = 256;

/// An element whose end was not read yet, or the document.
struct XmlElement {
    name: Arc<str>,
    /// What is in it by name, in the order in which names first come.
    members: IndexMap<Arc<str>, Vec<Dynamic>>,
    /// The text that is being read, and whether all of it was outside of CDATA.
    text: String,
    has_cdata: bool,
}

/// Why reading ends early.
enum XmlStop {
    NotXml,
    Failed(crate::function::Failure),
}

impl From<crate::function::Failure> for XmlStop {
    fn from(failure: crate::function::Failure) -> Self {
        Self::Failed(failure)
    }
}

type XmlResult<T> = std::result::Result<T, XmlStop>;

fn parse(call: &Call<'_>, guard: &Guard<'_>, text: &str) -> Result<Dynamic> {
    if text.len() > MAX_BYTES {
        return Ok(Dynamic::Null);
    }
    match (XmlDocument { call, guard }).read(text) {
        Ok(document) => Ok(document),
        Err(XmlStop::NotXml) => Ok(Dynamic::Null),
        Err(XmlStop::Failed(failure)) => Err(failure),
    }
}

struct XmlDocument<'a> {
    call: &'a Call<'a>,
    guard: &'a Guard<'a>,
}

impl XmlDocument<'_> {
    fn read(&self, text: &str) -> XmlResult<Dynamic> {
        let mut reader = Reader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut root: Option<(Arc<str>, Dynamic)> = None;
        let mut open: Vec<XmlElement> = Vec::new();
        let mut end = 0;
        loop {
            let event = reader.read_event().map_err(|_| XmlStop::NotXml)?;
            let at = reader.buffer_position() as usize;
            self.guard.work(at - end + 1)?;
            end = at;
            let closed = match event {
                Event::Start(start) if root.is_none() => {
                    if open.len() >= MAX_DEPTH {
                        let message = format!(
                            "'{}' nests elements deeper than the limit of {MAX_DEPTH}",
                            self.call.name
                        );
                        let failure = Diagnostic::error(Code::LimitExceeded, self.call.span, message);
                        return Err(XmlStop::Failed(Box::new(failure)));
                    }
                    if let Some(parent) = open.last_mut() {
                        self.end_text(parent)?;
                    }
                    open.push(self.element(&start)?);
                    continue;
                }
                Event::Empty(start) if root.is_none() => {
                    if let Some(parent) = open.last_mut() {
                        self.end_text(parent)?;
                    }
                    self.element(&start)?
                }
                Event::End(_) => open.pop().ok_or(XmlStop::NotXml)?,
                Event::Text(text) => {
                    self.add_text(open.last_mut(), &text.xml10_content())?;
                    continue;
                }
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|_| XmlStop::NotXml)?;
                    let mut buffer = [0; 4];
                    let text = match character {
                        Some(character) => character.encode_utf8(&mut buffer),
                        None => resolve_predefined_entity(&reference).ok_or(XmlStop::NotXml)?,
                    };
                    let element = open.last_mut().ok_or(XmlStop::NotXml)?;
                    self.add_text(Some(element), text)?;
                    continue;
                }
                Event::CData(text) => {
                    let element = open.last_mut().ok_or(XmlStop::NotXml)?;
                    element.has_cdata = true;
                    self.add_text(Some(element), &text.xml10_content())?;
                    continue;
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => continue,
                Event::Eof => break,
                Event::Start(_) | Event::Empty(_) => return Err(XmlStop::NotXml),
            };
            let (name, value) = self.close(closed)?;
            match open.last_mut() {
                Some(parent) => parent.members.entry(name).or_default().push(value),
                None => root = Some((name, value)),
            }
        }
        match root {
            Some((name, value)) if open.is_empty() => Ok(Dynamic::bag(Bag::from_iter([(name, value)]))),
            _ => Err(XmlStop::NotXml),
        }
    }

    /// An element that begins, with its attributes.
    fn element(&self, start: &BytesStart<'_>) -> XmlResult<XmlElement> {
        self.guard.spend(ELEMENT_BYTES + start.len())?;
        let name = start.name();
        let name: &str = name.as_ref();
        if !is_name(name) {
            return Err(XmlStop::NotXml);
        }
        let mut members = IndexMap::new();
        // A name that stands twice is found below, in linear time.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|_| XmlStop::NotXml)?;
            let key: &str = attribute.key.as_ref();
            if !is_name(key) || attribute.value.contains('<') {
                return Err(XmlStop::NotXml);
            }
            let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|_| XmlStop::NotXml)?;
            self.guard.spend(ITEM_BYTES + ELEMENT_BYTES / 2 + key.len() + value.len())?;
            if number(&value).is_some() {
                let about = "an attribute that is a number";
                self.call.doubt(
                    about,
                    "it is a text, as other attributes are",
                    format!("{key}=\"{value}\""),
                )?;
            }
            if members.insert(Arc::from(format!("@{key}")), vec![Dynamic::string(&value)]).is_some() {
                return Err(XmlStop::NotXml);
            }
        }
        Ok(XmlElement { name: name.into(), members, text: String::new(), has_cdata: false })
    }

    /// Adds a piece of text to the element at hand; outside of the root there may be none.
    fn add_text(&self, element: Option<&mut XmlElement>, text: &str) -> XmlResult<()> {
        match element {
            Some(element) => {
                self.guard.spend(text.len())?;
                element.text.push_str(text);
                Ok(())
            }
            None if text.trim_matches(is_blank).is_empty() => Ok(()),
            None => Err(XmlStop::NotXml),
        }
    }

    /// Makes a member of the text before a child, or before the end.
    fn end_text(&self, element: &mut XmlElement) -> XmlResult<()> {
        if let Some(value) = self.text_value(element)? {
            element.members.entry("#text".into()).or_default().push(value);
        }
        Ok(())
    }

    /// The value of the text that was read, without the blanks around it.
    fn text_value(&self, element: &mut XmlElement) -> XmlResult<Option<Dynamic>> {
        let text = std::mem::take(&mut element.text);
        if std::mem::take(&mut element.has_cdata) {
            self.call.doubt("text in CDATA", "it is taken as other text is", &text)?;
            return Ok(Some(Dynamic::string(&text)));
        }
        let text = text.trim_matches(is_blank);
        if text.is_empty() {
            return Ok(None);
        }
        let number = number(text);
        // As the page's example has it; where a number has another text than it was read from, that is lost.
        if let Some(number) = number {
            if number.to_json() == text {
                return Ok(Some(number));
            }
            self.call.doubt("a number that is written in an unusual way", "it is a text", text)?;
        }
        Ok(Some(Dynamic::string(text)))
    }

    /// The name and the value of an element whose end is read.
    fn close(&self, mut element: XmlElement) -> XmlResult<(Arc<str>, Dynamic)> {
        if element.members.is_empty() {
            let value = self.text_value(&mut element)?.unwrap_or_default();
            return Ok((element.name, value));
        }
        self.end_text(&mut element)?;
        if let Some(texts) = element.members.get("#text")
            && let [first, _, ..] = texts.as_slice()
        {
            // As elements of one name.
            let about = "an element with text before and after its children";
            self.call.doubt(about, "'#text' is an array of the pieces", first)?;
        }
        let members = element.members.into_iter().map(|(name, mut values)| match values.len() {
            1 => (name, values.pop().unwrap_or_default()),
            _ => (name, Dynamic::array(values)),
        });
        Ok((element.name, Dynamic::bag(members.collect())))
    }
}

/// The text as a number, if JSON would read it as one.
fn number(text: &str) -> Option<Dynamic> {
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '-') {
        return None;
    }
    match Dynamic::from_json(text.trim_start_matches('0')).or_else(|| Dynamic::from_json(text)) {
        Some(number @ (Dynamic::Long(_) | Dynamic::Real(_))) => Some(number),
        _ => None,
    }
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r' | '\n')
}

/// Whether XML allows the name: about section 2.3 of its specification.
fn is_name(name: &str) -> bool {
    let mut characters = name.chars();
    characters.next().is_some_and(|it| it.is_alphabetic() || matches!(it, '_' | ':') || it as u32 > 0xbf)
        && characters
            .all(|it| it.is_alphanumeric() || matches!(it, '_' | ':' | '-' | '.' | '·') || it as u32 > 0xbf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{check, doubted, json, refused};
    use crate::types::Value;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    /// An element as it is written: name, attributes, text before its children, children.
    #[derive(Debug, Clone)]
    struct Written(String, Vec<(String, String)>, String, Vec<Written>);

    fn written() -> impl Strategy<Value = Written> {
        let text = || "( ?[a-z<>&'\"é😀]{0,3} ?)";
        let attributes = || prop::collection::vec(("[ab]", text()), 0..3);
        let leaf = ("[a-c]", attributes(), text()).prop_map(|(name, attributes, text)| {
            let mut seen = std::collections::HashSet::new();
            let attributes = attributes.into_iter().filter(|it| seen.insert(it.0.clone())).collect();
            Written(name, attributes, text, Vec::new())
        });
        leaf.clone().prop_recursive(4, 24, 4, move |inner| {
            (leaf.clone(), prop::collection::vec(inner, 0..4))
                .prop_map(|(element, children)| Written(element.0, element.1, element.2, children))
        })
    }

    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&#34;").replace('é', "&#xe9;")
    }

    impl Written {
        fn write(&self, out: &mut String) {
            let Self(name, attributes, text, children) = self;
            let _ = write!(out, "<{name}");
            for (name, value) in attributes {
                let _ = write!(out, " {name} = \"{}\"", escaped(value));
            }
            if text.is_empty() && children.is_empty() {
                out.push_str(" />");
                return;
            }
            let _ = write!(out, " >{}<!-- < -->", escaped(text));
            children.iter().for_each(|child| child.write(out));
            let _ = write!(out, "\n</{name} >");
        }

        /// By the page's table, child by child.
        fn model(&self) -> serde_json::Value {
            let Self(_, attributes, text, children) = self;
            let text = text.trim_matches(' ');
            if attributes.is_empty() && children.is_empty() {
                return if text.is_empty() { serde_json::Value::Null } else { text.into() };
            }
            let mut members = serde_json::Map::new();
            members
                .extend(attributes.iter().map(|(name, value)| (format!("@{name}"), value.as_str().into())));
            if !text.is_empty() {
                members.insert("#text".to_owned(), text.into());
            }
            for child in children {
                let same: Vec<_> = children.iter().filter(|it| it.0 == child.0).map(Self::model).collect();
                let value = if let [one] = same.as_slice() { one.clone() } else { same.into() };
                members.entry(child.0.clone()).or_insert(value);
            }
            members.into()
        }
    }

    proptest! {
        #[test]
        fn written_elements_are_read(element in written()) {
            let mut text = String::new();
            element.write(&mut text);
            let expected = serde_json::Value::from_iter([(element.0.clone(), element.model())]);
            check(FUNCTIONS, "parse_xml", &[Value::string(&text)], json(&expected.to_string()));
        }

        #[test]
        fn no_text_ends_in_a_panic(text in "[<>/a-c='\"! &;?\\[\\]#-]{0,40}") {
            let _ = crate::function::testing::call_all(
                crate::function::testing::find(FUNCTIONS, "parse_xml"),
                &crate::function::testing::constants_of(&[Value::string(&text)]),
            );
        }
    }

    fn parsed(xml: &str, expected: &str) {
        check(FUNCTIONS, "parse_xml", &[Value::string(xml)], json(expected));
    }

    // Expectations: the function's page.
    #[test]
    fn the_table_of_the_page() {
        parsed("<e/>", r#"{"e":null}"#);
        parsed("<e>text</e>", r#"{"e":"text"}"#);
        parsed(r#"<e name="value" />"#, r#"{"e":{"@name":"value"}}"#);
        parsed(r#"<e name="value">text</e>"#, r##"{"e":{"@name":"value","#text":"text"}}"##);
        parsed("<e> <a>text</a> <b>text</b> </e>", r#"{"e":{"a":"text","b":"text"}}"#);
        parsed("<e> <a>text</a> <a>text</a> </e>", r#"{"e":{"a":["text","text"]}}"#);
        parsed("<e> text <a>text</a> </e>", r##"{"e":{"#text":"text","a":"text"}}"##);
    }

    #[test]
    fn what_is_no_element_attribute_or_text_is_skipped() {
        parsed(
            "\u{feff}<?xml version='1.0' encoding='UTF-8'?>\n<!DOCTYPE e>\n<!-- a -->\n<e>a<!-- b -->b<?c d?></e>\n",
            r#"{"e":"ab"}"#,
        );
    }

    #[test]
    fn entities_are_read() {
        parsed(
            "<e a='&lt;&#65;&quot;'>&amp;&#x1F600;&gt; &apos;</e>",
            r##"{"e":{"@a":"<A\"","#text":"&😀> '"}}"##,
        );
        parsed("<e>&nbsp;</e>", "null");
        parsed("<e>a & b</e>", "null");
        parsed("<e>&#0;</e>", "null");
    }

    #[test]
    fn numbers_that_stay_as_they_are() {
        parsed(
            "<e><a>118.0</a><b>-5</b><c>0x3e7</c><d>1.2.3</d><f>-</f></e>",
            r#"{"e":{"a":118.0,"b":-5,"c":"0x3e7","d":"1.2.3","f":"-"}}"#,
        );
    }

    #[test]
    fn names_keep_their_prefixes() {
        parsed("<a:e xmlns:a='u' a:b='c'><a:f/></a:e>", r#"{"a:e":{"@xmlns:a":"u","@a:b":"c","a:f":null}}"#);
    }

    #[test]
    fn what_is_no_xml_is_null() {
        for text in [
            "",
            " ",
            "text",
            "<e>",
            "</e>",
            "<e></f>",
            "<e/><e/>",
            "<e/>text",
            "text<e/>",
            "<e",
            "<e a></e>",
            "<e a=b/>",
            "<e a='1' a='2'/>",
            "<1/>",
            "< e/>",
            "<a<b>",
            "<e a='<'/>",
            "<e>&</e>",
            "{\"a\":1}",
            "<!-- a -->",
            "<![CDATA[a]]>",
        ] {
            parsed(text, "null");
        }
        parsed(&format!("<e>{}</e>", " ".repeat(MAX_BYTES)), "null");
        parsed(&format!("<e>{}</e>", " ".repeat(MAX_BYTES - 7)), r#"{"e":null}"#);
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        for (xml, expected) in [
            ("<e><![CDATA[ <a> ]]></e>", r#"{"e":" <a> "}"#),
            ("<e>a<b/>c</e>", r##"{"e":{"#text":["a","c"],"b":null}}"##),
            ("<e>007</e>", r#"{"e":"007"}"#),
            ("<e>1e3</e>", r#"{"e":"1e3"}"#),
            ("<e>12345678901234567890</e>", r#"{"e":"12345678901234567890"}"#),
            ("<e a='7'/>", r#"{"e":{"@a":"7"}}"#),
        ] {
            doubted(FUNCTIONS, "parse_xml", &[Value::string(xml)], json(expected));
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested =
            |depth: usize| Value::string(&format!("{}{}", "<e>".repeat(depth), "</e>".repeat(depth)));
        refused(FUNCTIONS, "parse_xml", &[nested(100_000)]);
        refused(FUNCTIONS, "parse_xml", &[nested(MAX_DEPTH + 1)]);
    }
}
