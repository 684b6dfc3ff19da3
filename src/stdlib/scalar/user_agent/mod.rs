//! `parse_user_agent`: browsers, operating systems and devices by the rules of the ua-parser project, which the real engine
//! follows, too; which version of them is not known. It must not know where the texts come from.
//!
//! `rules.json` is `regexes.yaml` of uap-core 0.18.0 as JSON, under the licence beside it.

use std::borrow::Cow;

use serde::Deserialize as _;
use ua_parser::{Regexes, device, os, user_agent};

use super::dynamic::map_rows;
use super::rows::Guard;
use crate::budget::Charge;
use crate::column::{Column, DynamicType, StringType};
use crate::function::kinds::{STRING, STRING_OR_ARRAY, returns};
use crate::function::{Call, Category, Example, Kernel, Result, ScalarFunction, signatures};
use crate::types::{Bag, Dynamic, Value};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[ScalarFunction {
    name: "parse_user_agent",
    category: Category::String,
    summary: "What a user agent tells of its browser, operating system and device, as a bag: one of 'browser', 'os', \
              'device', or an array of them, is asked for. By the rules of uap-core 0.18.0.",
    signatures: signatures![(user_agent: STRING, look_for: STRING_OR_ARRAY.optional()) -> returns::DYNAMIC],
    kernel: Kernel::Rows(parse_user_agent),
    examples: &[
        Example {
            query: "parse_user_agent('Mozilla/5.0 (Windows; U; en-US) AppleWebKit/531.9 (KHTML, like Gecko) AdobeAIR/2.5.1', \
                    'browser')",
            result: r#"{"Browser":{"Family":"AdobeAIR","MajorVersion":"2","MinorVersion":"5","Patch":"1"}}"#,
        },
        Example {
            query: "parse_user_agent('Mozilla/5.0 (SymbianOS/9.2; U; Series60/3.1 NokiaN81-3/10.0.032 Profile/MIDP-2.0 \
                    Configuration/CLDC-1.1 ) AppleWebKit/413 (KHTML, like Gecko) Safari/4', dynamic(['os', 'device']))",
            result: r#"{"OperatingSystem":{"Family":"Symbian OS","MajorVersion":"9","MinorVersion":"2","Patch":"","PatchMinor":""},"Device":{"Family":"Nokia N81","Brand":"Nokia","Model":"N81-3"}}"#,
        },
    ],
    ..ScalarFunction::DEFAULT
}];

const RULES: &str = include_str!("rules.json");

/// What the compiled rules take, measured: they are made once a run, where they are asked for.
const BROWSER_BYTES: usize = 8 << 20;
const OS_BYTES: usize = 4 << 20;
const DEVICE_BYTES: usize = 16 << 20;

/// A longer text is no user agent: rules take their time.
const MAX_BYTES: usize = 4096;

/// About the work of a text, and of each of its bytes.
const TEXT_WORK: usize = 1 << 13;
const BYTE_WORK: usize = 64;

/// Rules, and the bytes that they are charged for.
struct Rules<T> {
    rules: T,
    _charge: Option<Charge>,
}

/// What is asked for.
#[derive(Clone, Copy, Default)]
struct LookFor {
    browser: bool,
    os: bool,
    device: bool,
}

impl LookFor {
    fn add(&mut self, call: &Call<'_>, name: &Dynamic) -> Result<()> {
        match name.as_str() {
            Some("browser") => self.browser = true,
            Some("os") => self.os = true,
            Some("device") => self.device = true,
            _ => {
                let message =
                    format!("there is no {}; there are 'browser', 'os' and 'device'", name.to_json());
                return Err(call.fail(message));
            }
        }
        Ok(())
    }

    fn of(call: &Call<'_>, look_for: Option<&Dynamic>) -> Result<Self> {
        let mut wanted = Self::default();
        match look_for {
            None => {
                // Microsoft's binder lets it be left out; the page does not.
                call.doubt("a call without the second argument", "all three are given", "this one")?;
                wanted = Self { browser: true, os: true, device: true };
            }
            Some(Dynamic::Array(names)) => names.iter().try_for_each(|name| wanted.add(call, name))?,
            Some(name) => wanted.add(call, name)?,
        }
        Ok(wanted)
    }
}

fn parse_user_agent(call: &Call<'_>) -> Result<Column> {
    let look_for = match call.arguments.get(1).map(Column::as_constant) {
        None => Some(None),
        Some(Some(Value::String(name))) => Some(Some(Dynamic::String(name.clone()))),
        Some(Some(Value::Dynamic(names))) => Some(Some(names.clone())),
        Some(Some(_)) => return Ok(call.nulls()),
        Some(None) => None,
    };
    let guard = Guard::new(call);
    let Some(look_for) = look_for else {
        return map_rows::<DynamicType>(call, |row| {
            let [text, look_for] = row else { return Ok(None) };
            let wanted = LookFor::of(call, Some(look_for))?;
            let text = text.as_str().map_or_else(|| Cow::Owned(text.to_text()), Cow::Borrowed);
            parse(call, &guard, &text, wanted)
        });
    };
    let wanted = LookFor::of(call, look_for.as_ref())?;
    let column = call.map1::<StringType, DynamicType>(|text| guard.row(|| parse(call, &guard, text, wanted)));
    guard.finish(column)
}

fn parse(call: &Call<'_>, guard: &Guard<'_>, text: &str, wanted: LookFor) -> Result<Option<Dynamic>> {
    if text.len() > MAX_BYTES {
        let about = format!("a text longer than {MAX_BYTES} bytes");
        call.doubt(&about, "the result is null", text)?;
        return Ok(None);
    }
    guard.work(TEXT_WORK + text.len() * BYTE_WORK)?;
    guard.spend(1 << 10)?;
    let mut bag = Bag::new();
    let mut matched = true;
    if wanted.browser {
        let rules = browsers(call)?;
        let found = rules.rules.extract(text);
        matched &= found.is_some();
        let found = found.unwrap_or_default();
        let parts = [family(found.family), part(found.major), part(found.minor), part(found.patch)];
        bag.insert("Browser".into(), named(["Family", "MajorVersion", "MinorVersion", "Patch"], parts));
    }
    if wanted.os {
        let rules = systems(call)?;
        let found = rules.rules.extract(text);
        matched &= found.is_some();
        let found = found.unwrap_or_default();
        let parts = [
            family(found.os),
            part(found.major),
            part(found.minor),
            part(found.patch),
            part(found.patch_minor),
        ];
        let names = ["Family", "MajorVersion", "MinorVersion", "Patch", "PatchMinor"];
        bag.insert("OperatingSystem".into(), named(names, parts));
    }
    if wanted.device {
        // Most texts of browsers on a desk name no device.
        let rules = devices(call)?;
        let found = rules.rules.extract(text).unwrap_or_default();
        let parts = [family(found.device), part(found.brand), part(found.model)];
        bag.insert("Device".into(), named(["Family", "Brand", "Model"], parts));
    }
    if !matched {
        // As ua-parser has it in all of its languages.
        call.doubt("a text that no rule tells of", "the family is 'Other'", text)?;
    }
    Ok(Some(Dynamic::bag(bag)))
}

fn named<const N: usize>(names: [&str; N], parts: [Dynamic; N]) -> Dynamic {
    Dynamic::bag(names.into_iter().map(Into::into).zip(parts).collect())
}

fn family(text: Cow<'_, str>) -> Dynamic {
    Dynamic::string(if text.is_empty() { "Other" } else { &text })
}

fn part(text: Option<impl AsRef<str>>) -> Dynamic {
    Dynamic::string(text.as_ref().map_or("", AsRef::as_ref))
}

type Browsers = Rules<user_agent::Extractor<'static>>;
type Systems = Rules<os::Extractor<'static>>;
type Devices = Rules<device::Extractor<'static>>;

fn browsers(call: &Call<'_>) -> Result<std::sync::Arc<Browsers>> {
    call.context.made_once(|| {
        let charge = charge(call, BROWSER_BYTES)?;
        let rules = rules(call)?.user_agent_parsers;
        let built =
            rules.into_iter().try_fold(user_agent::Builder::new(), |builder, rule| builder.push(rule));
        let rules = built.ok().and_then(|builder| builder.build().ok()).ok_or_else(|| not_valid(call))?;
        Ok(Rules { rules, _charge: charge })
    })
}

fn systems(call: &Call<'_>) -> Result<std::sync::Arc<Systems>> {
    call.context.made_once(|| {
        let charge = charge(call, OS_BYTES)?;
        let rules = rules(call)?.os_parsers;
        let built = rules.into_iter().try_fold(os::Builder::new(), |builder, rule| builder.push(rule));
        let rules = built.ok().and_then(|builder| builder.build().ok()).ok_or_else(|| not_valid(call))?;
        Ok(Rules { rules, _charge: charge })
    })
}

fn devices(call: &Call<'_>) -> Result<std::sync::Arc<Devices>> {
    call.context.made_once(|| {
        let charge = charge(call, DEVICE_BYTES)?;
        let rules = rules(call)?.device_parsers;
        let built = rules.into_iter().try_fold(device::Builder::new(), |builder, rule| builder.push(rule));
        let rules = built.ok().and_then(|builder| builder.build().ok()).ok_or_else(|| not_valid(call))?;
        Ok(Rules { rules, _charge: charge })
    })
}

fn charge(call: &Call<'_>, bytes: usize) -> Result<Option<Charge>> {
    call.context.budget.charge(bytes, || format!("'{}'", call.name), call.span)
}

fn rules(call: &Call<'_>) -> Result<Regexes<'static>> {
    let mut reader = serde_json::Deserializer::from_str(RULES);
    Regexes::deserialize(&mut reader).map_err(|_| not_valid(call))
}

fn not_valid(call: &Call<'_>) -> crate::function::Failure {
    call.broken("its rules are not valid")
}

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;
    use crate::function::testing::{check, doubted, json, refused};
    use crate::types::Value;

    const SYMBIAN: &str = "Mozilla/5.0 (SymbianOS/9.2; U; Series60/3.1 NokiaN81-3/10.0.032 Profile/MIDP-2.0 \
                           Configuration/CLDC-1.1 ) AppleWebKit/413 (KHTML, like Gecko) Safari/4";

    // Expectations: the function's page.
    #[test]
    fn the_examples_of_the_page() {
        let expected = r#"{"Browser":{"Family":"Nokia OSS Browser","MajorVersion":"3","MinorVersion":"1","Patch":""},
            "OperatingSystem":{"Family":"Symbian OS","MajorVersion":"9","MinorVersion":"2","Patch":"","PatchMinor":""},
            "Device":{"Family":"Nokia N81","Brand":"Nokia","Model":"N81-3"}}"#;
        let all = json(r#"["browser","os","device"]"#);
        check(FUNCTIONS, "parse_user_agent", &[SYMBIAN.into(), all], json(expected));
        doubted(FUNCTIONS, "parse_user_agent", &[SYMBIAN.into()], json(expected));
        check(FUNCTIONS, "parse_user_agent", &[SYMBIAN.into(), json("[]")], json("{}"));
    }

    #[test]
    fn what_is_not_known_is_in_doubt() {
        let other = r#"{"Browser":{"Family":"Other","MajorVersion":"","MinorVersion":"","Patch":""}}"#;
        doubted(FUNCTIONS, "parse_user_agent", &["no such thing".into(), "browser".into()], json(other));
        let other = r#"{"Device":{"Family":"Other","Brand":"","Model":""}}"#;
        check(FUNCTIONS, "parse_user_agent", &["no such thing".into(), "device".into()], json(other));
        let long = "x".repeat(5000);
        doubted(FUNCTIONS, "parse_user_agent", &[long.as_str().into(), "os".into()], Value::Null);
        for odd in [Value::string("Browser"), json(r#"["os",5]"#)] {
            refused(FUNCTIONS, "parse_user_agent", &["a".into(), odd]);
        }
    }
}
