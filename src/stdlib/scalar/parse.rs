//! Texts of known formats taken apart: URLs, paths, command lines, CSV, JSON. It must not know how the parts are used.

use super::rows::{Guard, ITEM_BYTES, skip};
use crate::column::{Column, DynamicType, StringType};
use crate::function::kinds::{SCALAR, STRING, STRING_OR_DYNAMIC, TYPE, returns};
use crate::function::{
    Call, Category, Example, Kernel, Result, ResultName, Returns, ScalarFunction, signatures,
};
use crate::types::{Bag, Dynamic};

pub(super) const FUNCTIONS: &[ScalarFunction] = &[
    ScalarFunction {
        name: "parse_url",
        aliases: &["parseurl"],
        category: Category::String,
        summary: "The parts of an absolute URL as a bag; they are all empty for a text without '://'.",
        signatures: signatures![(url: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| call.map1::<StringType, DynamicType>(|url| Some(parse_url(url)))),
        examples: &[
            Example {
                query: "parse_url('scheme://username:password@host:1234/this/is/a/path?k1=v1&k2=v2#fragment')",
                result: r#"{"Scheme":"scheme","Host":"host","Port":"1234","Path":"/this/is/a/path","Username":"username","Password":"password","Query Parameters":{"k1":"v1","k2":"v2"},"Fragment":"fragment"}"#,
            },
            Example { query: "parse_url('https://bing.com/search').Host", result: "\"bing.com\"" },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "parse_urlquery",
        aliases: &["parseurlquery"],
        category: Category::String,
        summary: "The parameters of a URL's query as a bag.",
        signatures: signatures![(query: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            call.map1::<StringType, DynamicType>(|query| {
                Some(Dynamic::bag(Bag::from_iter([("Query Parameters".into(), query_parameters(query))])))
            })
        }),
        examples: &[Example {
            query: "parse_urlquery('k1=v1&k2=v2')",
            result: r#"{"Query Parameters":{"k1":"v1","k2":"v2"}}"#,
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "parse_path",
        category: Category::String,
        summary: "The parts of a file path as a bag.",
        signatures: signatures![(path: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column =
                call.map1::<StringType, DynamicType>(|path| guard.row(|| parse_path(call, path).map(Some)));
            guard.finish(column)
        }),
        examples: &[Example {
            query: r#"parse_path(@"C:\temp\file.txt")"#,
            result: r#"{"Scheme":"","RootPath":"C:\\","DirectoryPath":"C:\\temp","DirectoryName":"temp","Filename":"file.txt","Extension":"txt","AlternateDataStreamName":""}"#,
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "parse_command_line",
        category: Category::String,
        summary: "The arguments of a command line as an array, split as Windows does.",
        signatures: signatures![(command: SCALAR, parser: STRING) -> returns::DYNAMIC],
        kernel: Kernel::Rows(|call| {
            if let Some(parser) = call.constant_str(1) {
                no_parser(call, parser)?;
            }
            let guard = Guard::new(call);
            let column = call.map2::<StringType, StringType, DynamicType>(|command, parser| {
                guard.row(|| {
                    no_parser(call, parser)?;
                    if command.is_empty() {
                        // The page: an array of the arguments; there are none.
                        call.doubt("an empty command line", "the array is empty", "''")?;
                        return Ok(Some(Dynamic::array(Vec::new())));
                    }
                    let arguments = windows_arguments(command).iter().map(|it| Dynamic::string(it)).collect();
                    Ok(Some(Dynamic::array(arguments)))
                })
            });
            guard.finish(column)
        }),
        examples: &[Example {
            query: r#"parse_command_line('echo "hello world!"', 'windows')"#,
            result: r#"["echo","hello world!"]"#,
        }],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "parse_csv",
        category: Category::String,
        summary: "The values of the first record of comma-separated text as an array.",
        signatures: signatures![(csv_text: STRING_OR_DYNAMIC) -> returns::DYNAMIC],
        result_name: ResultName::FirstArgument,
        kernel: Kernel::Rows(|call| {
            let guard = Guard::new(call);
            let column =
                call.map1::<StringType, DynamicType>(|text| guard.row(|| first_record(call, text).map(Some)));
            guard.finish(column)
        }),
        examples: &[
            Example {
                query: r#"parse_csv('aa,"b,b",cc,"a ""quote"""')"#,
                result: r#"["aa","b,b","cc","a \"quote\""]"#,
            },
            Example { query: r"parse_csv('a,b\nc,d')", result: r#"["a","b"]"# },
        ],
        ..ScalarFunction::DEFAULT
    },
    ScalarFunction {
        name: "extract_json",
        aliases: &["extractjson"],
        category: Category::Dynamic,
        summary: "What stands at a path such as $.a[0] of a JSON text, as text or as the type that is given.",
        signatures: signatures![
            (jsonPath: STRING.constant(), jsonText: STRING) -> returns::STRING;
            (jsonPath: STRING.constant(), jsonText: STRING, kind: TYPE.literal()) -> Returns::TypeArgument;
        ],
        kernel: Kernel::Rows(extract_json),
        examples: &[
            Example { query: r#"extract_json('$.name', '{"name": "John"}')"#, result: "\"John\"" },
            Example { query: r#"extract_json('$.a[1]', '{"a": [5, 6]}', typeof(long))"#, result: "6" },
            Example {
                query: r#"extract_json("$['b c'].d", '{"b c": {"d": true}}', typeof(bool))"#,
                result: "true",
            },
        ],
        ..ScalarFunction::DEFAULT
    },
];

/// Refuses what is no parser of command lines. Source: the page of parse_command_line.
fn no_parser(call: &Call<'_>, parser: &str) -> Result<()> {
    match parser {
        "windows" => Ok(()),
        _ => Err(call.fail(format!("there is no parser '{parser}'; the only one is 'windows'"))),
    }
}

fn bag<const N: usize>(parts: [(&str, Dynamic); N]) -> Dynamic {
    Dynamic::bag(parts.into_iter().map(|(name, part)| (name.into(), part)).collect())
}

/// The parts of a URL.
///
/// Sources: the function's page; for user names without a password, ports and paths, the answers of the real engine
/// in microsoft/Kusto-Query-Language issue 112, which differ from RFC 3986.
fn parse_url(url: &str) -> Dynamic {
    let (scheme, rest) = url.split_once("://").filter(|(scheme, _)| !scheme.is_empty()).unwrap_or(("", ""));
    let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // A user without a password stays a part of the host.
    let user = authority.rsplit_once('@').and_then(|(user, host)| Some((user.split_once(':')?, host)));
    let ((user, password), host) = user.unwrap_or((("", ""), authority));
    let (host, port) = host.rsplit_once(':').unwrap_or((host, ""));
    bag([
        ("Scheme", Dynamic::string(scheme)),
        ("Host", Dynamic::string(host)),
        ("Port", Dynamic::string(port)),
        ("Path", Dynamic::string(path)),
        ("Username", Dynamic::string(user)),
        ("Password", Dynamic::string(password)),
        ("Query Parameters", query_parameters(query)),
        ("Fragment", Dynamic::string(fragment)),
    ])
}

/// The parameters of a query, sorted by name; the last one of a name counts, those without '=' do not.
///
/// Sources: microsoft/Kusto-Query-Language issue 112, MicrosoftDocs/dataexplorer-docs issue 917.
fn query_parameters(query: &str) -> Dynamic {
    let mut parameters = Bag::new();
    for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
        parameters.insert(name.into(), Dynamic::string(value));
    }
    parameters.sort_unstable_keys();
    Dynamic::bag(parameters)
}

/// The parts of a path of Windows or Unix.
///
/// Sources: the function's page; recorded answers for the root, which ends with its separator and is empty for shares
/// and for paths of Unix. Where both are silent it does as .NET's `Path`.
fn parse_path(call: &Call<'_>, path: &str) -> Result<Dynamic> {
    const SEPARATORS: [char; 2] = ['\\', '/'];
    let (scheme, rest) = path.split_once("://").unwrap_or(("", path));
    // The page names long paths as supported, and no more. Shares keep what they begin with in the directory, too.
    let prefix = if rest.starts_with(r"\\?\") || rest.starts_with(r"\\.\") { 4 } else { 0 };
    if prefix > 0 {
        let taken = "its root is that of the path behind the prefix, the directory's path keeps the prefix";
        call.doubt("a long or device path", taken, path)?;
    }
    let behind = &rest[prefix..];
    let drive = match behind.as_bytes() {
        [letter, b':', ..] if letter.is_ascii_alphabetic() => 2,
        _ => 0,
    };
    let root_length = if drive > 0 && behind[drive..].starts_with(SEPARATORS) { drive + 1 } else { drive };
    let root = &behind[..root_length];
    if drive > 0 && root_length == drive {
        let taken = "the drive without a separator is its root";
        call.doubt("a path on a drive without a separator behind it", taken, path)?;
    }
    let last = behind[drive..].rfind(SEPARATORS).map(|at| prefix + drive + at);
    let (directory, name, file) = match last {
        // In the root the path of the directory is that of the root, which has no name.
        Some(at) if at == prefix + drive => {
            call.doubt("a file in the root", "the directory's path is the root and its name is empty", path)?;
            (&rest[..=at], "", &rest[at + 1..])
        }
        Some(at) => {
            let below = &rest[prefix + drive..at];
            if below.contains(':') {
                call.doubt("a ':' in a directory", "it is a part of the directory", path)?;
            }
            (&rest[..at], below.rsplit(SEPARATORS).next().unwrap_or_default(), &rest[at + 1..])
        }
        None => (&rest[..prefix + drive], "", &rest[prefix + drive..]),
    };
    let (file, stream) = file.split_once(':').unwrap_or((file, ""));
    if stream.contains(':') {
        call.doubt("a second ':' after a file name", "the stream is what follows the first one", path)?;
    }
    let (before, extension) = file.rsplit_once('.').unwrap_or((file, ""));
    if before.is_empty() && !extension.is_empty() {
        call.doubt(
            "a file name whose only dot is its first character",
            "the extension is what follows",
            path,
        )?;
    }
    Ok(bag([
        ("Scheme", Dynamic::string(scheme)),
        ("RootPath", Dynamic::string(root)),
        ("DirectoryPath", Dynamic::string(directory)),
        ("DirectoryName", Dynamic::string(name)),
        ("Filename", Dynamic::string(file)),
        ("Extension", Dynamic::string(extension)),
        ("AlternateDataStreamName", Dynamic::string(stream)),
    ]))
}

/// Splits a command line by the rules of CommandLineToArgvW.
///
/// The first argument ends at the next quote if it starts with one, else at the first blank. In the others 2n
/// backslashes before a quote stand for n, 2n+1 for n and a literal quote; of consecutive quotes within a quoted part,
/// every third one is literal.
fn windows_arguments(line: &str) -> Vec<String> {
    let blank = |c: char| c == ' ' || c == '\t';
    let (first, rest) = match line.strip_prefix('"') {
        Some(rest) => rest.split_once('"').unwrap_or((rest, "")),
        None => line.split_at(line.find(blank).unwrap_or(line.len())),
    };
    let mut arguments = vec![first.to_owned()];
    let mut rest = rest.trim_start_matches(blank).chars().peekable();
    while rest.peek().is_some() {
        let mut argument = String::new();
        let mut backslashes = 0_usize;
        // Quotes in a row, the opening one included; while it is not 0 blanks do not separate.
        let mut quoted = false;
        while let Some(c) = rest.next_if(|c| quoted || !blank(*c)) {
            match c {
                '\\' => {
                    argument.push('\\');
                    backslashes += 1;
                    continue;
                }
                '"' => {
                    argument.truncate(argument.len() - backslashes.div_ceil(2));
                    if backslashes % 2 == 1 {
                        argument.push('"');
                    } else {
                        // The opening quote counts among those in a row.
                        let mut row = 1 + usize::from(quoted);
                        while rest.next_if_eq(&'"').is_some() {
                            row += 1;
                        }
                        argument.extend(std::iter::repeat_n('"', row / 3));
                        quoted = row % 3 == 1;
                    }
                }
                c => argument.push(c),
            }
            backslashes = 0;
        }
        arguments.push(argument);
        while rest.next_if(|c| blank(*c)).is_some() {}
    }
    arguments
}

/// The values of the first record.
fn first_record(call: &Call<'_>, text: &str) -> Result<Dynamic> {
    let (mut values, mut behind_quote) = (Vec::new(), false);
    let mut rest = text;
    if rest.is_empty() || rest.starts_with(['\r', '\n']) {
        // As split has it.
        let example = if text.is_empty() { "''" } else { text };
        call.doubt("an empty record", "it has one value, the empty text", example)?;
    }
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut inner = quoted;
            // For what the format does not allow, readers of CSV agree on these values more than on others.
            rest = loop {
                let Some((part, after)) = inner.split_once('"') else {
                    call.doubt("a quote that is not closed", "the value goes to the end of the text", text)?;
                    value.push_str(inner);
                    break "";
                };
                value.push_str(part);
                match after.strip_prefix('"') {
                    Some(next) => {
                        value.push('"');
                        inner = next;
                    }
                    None => break after,
                }
            };
            let end = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
            if end > 0 {
                behind_quote = true;
                value.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            values.push(Dynamic::string(&value));
        } else {
            let end = rest.find([',', '\r', '\n']).unwrap_or(rest.len());
            values.push(Dynamic::string(&rest[..end]));
            rest = &rest[end..];
        }
        call.reserve(values.capacity() * 2 * size_of::<Dynamic>() + values.len() * ITEM_BYTES + text.len())?;
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None => break,
        }
    }
    if behind_quote {
        call.doubt("text after a closing quote", "it is a part of the value", text)?;
    }
    Ok(Dynamic::array(values))
}

/// A step of a JSON path.
enum PathStep {
    Member(String),
    Item(i64),
}

/// Reads a path such as `$.a['b c'][0]`; `None` if it is not of that form.
fn json_path(path: &str) -> Option<Vec<PathStep>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(['.', '[']).unwrap_or(name.len());
            let plain = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '@';
            if end == 0 || !name[..end].chars().all(plain) {
                return None;
            }
            steps.push(PathStep::Member(name[..end].to_owned()));
            rest = &name[end..];
            continue;
        }
        let inner = rest.strip_prefix('[')?;
        let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'));
        rest = match quote {
            Some(quote) => {
                let (name, after) = inner[1..].split_once(quote)?;
                if name.contains('\\') {
                    return None;
                }
                steps.push(PathStep::Member(name.to_owned()));
                after.strip_prefix(']')?
            }
            None => {
                let (index, after) = inner.split_once(']')?;
                if !index.bytes().all(|byte| byte.is_ascii_digit()) {
                    return None;
                }
                steps.push(PathStep::Item(index.parse().ok()?));
                after
            }
        };
    }
    Some(steps)
}

fn extract_json(call: &Call<'_>) -> Result<Column> {
    let Some(path) = call.constant_str(0) else { return Err(call.fail("the path must be a constant")) };
    let Some(steps) = json_path(path) else {
        return Err(call.fail(format!("'{path}' is not a path such as $.a['b c'][0]")));
    };
    let found = skip(call, 1).map1::<StringType, DynamicType>(|text| {
        let mut value = Dynamic::from_json(text)?;
        for step in &steps {
            value = match step {
                PathStep::Member(name) => value.member(name),
                PathStep::Item(index) => value.item(*index),
            };
        }
        Some(value)
    })?;
    Ok(found.convert(call.returns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::testing::{call_all, check, constants_of, doubted, find, json, refused, text};
    use crate::types::{ScalarType, Value};

    // Expectations: answers of the real engine in microsoft/Kusto-Query-Language issue 112.
    #[test]
    fn urls() {
        let url = |url: &str, parts: [&str; 6], query: &str, fragment: &str| {
            let names = ["Scheme", "Host", "Port", "Path", "Username", "Password"];
            let mut expected: Bag = names
                .into_iter()
                .zip(parts)
                .map(|(name, part)| (name.into(), Dynamic::string(part)))
                .collect();
            expected.insert("Query Parameters".into(), Dynamic::from_json(query).unwrap());
            expected.insert("Fragment".into(), Dynamic::string(fragment));
            check(FUNCTIONS, "parse_url", &[text(url)], Value::Dynamic(Dynamic::bag(expected)));
        };
        url(
            "https://john.doe@www.example.com:123/forum/questions/?tag=networking&order=newest#top",
            ["https", "john.doe@www.example.com", "123", "/forum/questions/", "", ""],
            r#"{"order":"newest","tag":"networking"}"#,
            "top",
        );
        url(
            "ldap://[2001:db8::7]/c=GB?objectClass?one",
            ["ldap", "[2001:db8:", "7]", "/c=GB", "", ""],
            "{}",
            "",
        );
        url("mailto:John.Doe@example.com", [""; 6], "{}", "");
        url("", [""; 6], "{}", "");
        url("https://bing.com?q=a=b#x?y", ["https", "bing.com", "", "", "", ""], r#"{"q":"a=b"}"#, "x?y");
        check(
            FUNCTIONS,
            "parse_urlquery",
            &[text("c=1&c=2&view=vs&d&c=3")],
            json(r#"{"Query Parameters":{"c":"3","view":"vs"}}"#),
        );
    }

    /// What `parse_path` makes of the parts.
    fn path_parts(parts: [&str; 7]) -> Value {
        let names = [
            "Scheme",
            "RootPath",
            "DirectoryPath",
            "DirectoryName",
            "Filename",
            "Extension",
            "AlternateDataStreamName",
        ];
        let bag = names.into_iter().zip(parts).map(|(name, part)| (name.into(), Dynamic::string(part)));
        Value::Dynamic(Dynamic::bag(bag.collect()))
    }

    // Expectations: the parse_path page; the roots are recorded answers.
    #[test]
    fn paths() {
        for (path, parts) in [
            (r"temp\file.txt", ["", "", "temp", "temp", "file.txt", "txt", ""]),
            (
                "file://C:/temp/file.txt:some.exe",
                ["file", "C:/", "C:/temp", "temp", "file.txt", "txt", "some.exe"],
            ),
            (
                r"\\shared\users\temp\file.txt.gz",
                ["", "", r"\\shared\users\temp", "temp", "file.txt.gz", "gz", ""],
            ),
            ("/usr/lib/temp/file.txt", ["", "", "/usr/lib/temp", "temp", "file.txt", "txt", ""]),
            ("a/b.", ["", "", "a", "a", "b.", "", ""]),
            ("..", ["", "", "", "", "..", "", ""]),
            ("", ["", "", "", "", "", "", ""]),
        ] {
            check(FUNCTIONS, "parse_path", &[text(path)], path_parts(parts));
        }
    }

    #[test]
    fn paths_in_doubt() {
        for (path, parts) in [
            (r"\\?\C:\a\b.txt", ["", r"C:\", r"\\?\C:\a", "a", "b.txt", "txt", ""]),
            (r"\\.\pipe\é", ["", "", r"\\.\pipe", "pipe", "é", "", ""]),
            (r"C:\b.txt", ["", r"C:\", r"C:\", "", "b.txt", "txt", ""]),
            ("/b", ["", "", "/", "", "b", "", ""]),
            ("C:", ["", "C:", "C:", "", "", "", ""]),
            ("C:b", ["", "C:", "C:", "", "b", "", ""]),
            (r"a\.profile", ["", "", "a", "a", ".profile", "profile", ""]),
            ("a/b:c:d", ["", "", "a", "a", "b", "", "c:d"]),
            ("ab:c/d", ["", "", "ab:c", "ab:c", "d", "", ""]),
        ] {
            doubted(FUNCTIONS, "parse_path", &[text(path)], path_parts(parts));
        }
    }

    // Expectations: Microsoft's pages on CommandLineToArgvW and on parsing C++ command-line arguments.
    #[test]
    fn command_lines() {
        for (line, expected) in [
            (r#"echo "hello world!""#, r#"["echo","hello world!"]"#),
            (r#""C:\Program Files\a.exe" b"#, r#"["C:\\Program Files\\a.exe","b"]"#),
            (r#"x "a b c" d e"#, r#"["x","a b c","d","e"]"#),
            (r#"x "ab\"c" "\\" d"#, r#"["x","ab\"c","\\","d"]"#),
            (r#"x a\\\b d"e f"g h"#, r#"["x","a\\\\\\b","de fg","h"]"#),
            (r#"x a\\\"b c d"#, r#"["x","a\\\"b","c","d"]"#),
            (r#"x a\\\\"b c" d e"#, r#"["x","a\\\\b c","d","e"]"#),
            (" a ", r#"["","a"]"#),
            ("a  ", r#"["a"]"#),
            (r#"x "" y"#, r#"["x","","y"]"#),
            (r#"x """ "#, r#"["x","\""]"#),
        ] {
            check(FUNCTIONS, "parse_command_line", &[text(line), text("windows")], json(expected));
        }
        refused(FUNCTIONS, "parse_command_line", &[text("a"), text("unix")]);
        doubted(FUNCTIONS, "parse_command_line", &[text(""), text("windows")], json("[]"));
    }

    #[test]
    fn a_refused_value_of_a_dictionary_counts_only_if_a_row_has_it() {
        let texts: crate::column::StringColumn = ["windows", "unix"].into_iter().collect();
        let column = Column::String(texts.encode(3).unwrap());
        let command = Column::constant(text("a b"), ScalarType::String, 3);
        let rows = |rows: &[u32]| {
            call_all(find(FUNCTIONS, "parse_command_line"), &[command.clone(), column.take(rows)])
        };
        assert!(rows(&[0, 1, 0]).is_err());
        assert_eq!(rows(&[0, 0, 0]).unwrap()[0].value(1), json(r#"["a","b"]"#));
    }

    // Expectations: recorded answers of the real engine; the last one by reasoning.
    #[test]
    fn comma_separated() {
        let line = "aa,\"b,b,b\",cc,\"Escaping quotes: \"\"Title\"\"\",\"line1\nline2\"";
        let expected = r#"["aa","b,b,b","cc","Escaping quotes: \"Title\"","line1\nline2"]"#;
        check(FUNCTIONS, "parse_csv", &[text(line)], json(expected));
        check(
            FUNCTIONS,
            "parse_csv",
            &[text("record1,a,b,c\nrecord2,x")],
            json(r#"["record1","a","b","c"]"#),
        );
        check(FUNCTIONS, "parse_csv", &[text(",a, b,")], json(r#"["","a"," b",""]"#));
        for (bad, expected) in [
            ("", r#"[""]"#),
            ("\na", r#"[""]"#),
            ("\"a,b", r#"["a,b"]"#),
            ("\"a\"b,c\nd", r#"["ab","c"]"#),
            ("\"a\"b,\"c\"d", r#"["ab","cd"]"#),
        ] {
            doubted(FUNCTIONS, "parse_csv", &[text(bad)], json(expected));
        }
    }

    // Expectations: the extract_json and JSONPath pages.
    #[test]
    fn json_by_path() {
        let document = r#"{"a b":{"c":[1,{"d":"x"}]},"n":"42","s":{}}"#;
        let at = |path: &str, data_type: &str, expected: Value| {
            let found = call_all(
                find(FUNCTIONS, "extract_json"),
                &constants_of(&[text(path), text(document), text(data_type)]),
            );
            assert_eq!(found.unwrap()[0].value(0), expected, "{path}");
        };
        at("$['a b'].c[1].d", "string", text("x"));
        at("$['a b'].c", "string", text(r#"[1,{"d":"x"}]"#));
        at("$.n", "long", Value::Long(42));
        at("$.missing.x", "long", Value::Null);
        at("$.missing", "string", text(""));
        at("$.s", "dynamic", json("{}"));
        refused(FUNCTIONS, "extract_json", &[text("a.b"), text("{}")]);
        refused(FUNCTIONS, "extract_json", &[text("$..a"), text("{}")]);
        let found = call_all(find(FUNCTIONS, "extractjson"), &constants_of(&[text("$.a"), text("no json")]));
        assert_eq!(found.unwrap()[0].value(0), text(""));
    }
}
