//! `.execute database script`: commands one after the other. It must not know which commands there are.

use kqlite::{Code, ParameterInfo, Table, Value};

use crate::call::{Call, CommandEntry, Effect};
use crate::error::CommandError;
use crate::scan;

/// How many brackets that nothing closes a script may have before brackets are looked at no more.
const MAX_UNCLOSED: usize = 4;

/// The most commands of a script.
const MAX_COMMANDS: usize = 10_000;

pub(crate) const ENTRIES: &[CommandEntry] = &[CommandEntry {
    name: ".execute database script",
    kind: "DatabaseScriptExecute",
    summary: "Runs commands one after the other, and tells what became of each.",
    syntax: &[".execute database script [with (ContinueOnErrors=true)] <| Commands"],
    parameters: &[ParameterInfo::required("Commands", "Commands, each of which begins a line with its dot.")],
    remarks: &[
        "It ends at the first command that fails, unless ContinueOnErrors is true. What ran before stays; with ThrowOnErrors it \
         is an error, and nothing stays.",
        "Commands that show something are skipped.",
    ],
    columns: "OperationId:guid, CommandType:string, CommandText:string, Result:string, Reason:string",
    run: execute,
    ..CommandEntry::CHANGE
}];

fn execute(call: &mut Call<'_, '_>) -> Result<Table, CommandError> {
    let properties = call.reader.properties(&["ContinueOnErrors", "ThrowOnErrors"])?;
    let goes_on = properties.is_true("ContinueOnErrors");
    let throws = properties.is_true("ThrowOnErrors");
    if let Some(property) = properties.get("ThrowOnErrors").filter(|_| goes_on && throws) {
        let message = "only one of ContinueOnErrors and ThrowOnErrors can be true";
        return Err(call.error(Code::BadParameter, property.name.span, message));
    }
    let (script, at) = call.reader.rest_behind_arrow("commands")?;
    let commands = split(script);
    if commands.len() > MAX_COMMANDS {
        let message =
            format!("a script has at most {MAX_COMMANDS} commands, this one has {}", commands.len());
        return Err(call.error(Code::LimitExceeded, kqlite::Span::new(at, at), message));
    }
    let mut rows = Vec::new();
    for (index, command) in commands.into_iter().enumerate() {
        let found = call.find(command);
        let kind = found.as_ref().map_or("Unknown", |entry| entry.kind);
        let is_nested = found.as_ref().is_ok_and(|entry| entry.name == call.entry.name);
        let (result, reason) = match found {
            Ok(entry) if entry.effect == Effect::Reads => ("Skipped", String::new()),
            Ok(_) if is_nested => ("Failed", "a script runs no scripts".to_owned()),
            Ok(_) => match call.interpreter.run(command) {
                Ok(_) => ("Completed", String::new()),
                Err(error) if throws => return Err(error),
                Err(error) => ("Failed", error.message()),
            },
            Err(error) if throws => return Err(error),
            Err(error) => ("Failed", error.message()),
        };
        let id = kqlite::Guid(call.database().change_id().0.wrapping_add(index as u128));
        rows.push(vec![
            Value::Guid(id),
            kind.into(),
            Value::from(command),
            result.into(),
            Value::String(reason.into()),
        ]);
        if result == "Failed" && !goes_on {
            break;
        }
    }
    Ok(call.rows(rows))
}

/// The commands of a script: each begins a line with a dot, outside of texts and brackets.
fn split(script: &str) -> Vec<&str> {
    let mut starts = Vec::new();
    let mut at = 0;
    // A bracket that nothing closes is looked for up to the end: so often at the most.
    let mut unclosed = 0;
    while let Some(rest) = script.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.split_inclusive('\n').next().unwrap_or(rest);
        let indent = line.len() - line.trim_start().len();
        let text = line.trim_start();
        if text.starts_with('.') && text.get(1..).is_some_and(|it| it.starts_with(char::is_alphabetic)) {
            starts.push(at + indent);
        }
        // A function's body may have lines that begin with a dot.
        let may_open = !starts.is_empty() && !is_comment(text) && unclosed < MAX_UNCLOSED;
        let mut next = line.len();
        if let Some(bracket) = line.find('{').filter(|_| may_open) {
            match rest.get(bracket..).and_then(scan::balanced) {
                Some(block) => next = next.max(bracket + block),
                None => unclosed += 1,
            }
        }
        at += next;
    }
    let ends = starts.iter().skip(1).copied().chain(std::iter::once(script.len()));
    starts
        .iter()
        .zip(ends)
        .filter_map(|(start, end)| script.get(*start..end))
        .map(without_comments_behind)
        .collect()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// The command without lines of comments and blank lines behind it.
fn without_comments_behind(command: &str) -> &str {
    let mut kept = command.trim_end();
    while let Some((before, last)) = kept.rsplit_once('\n')
        && is_comment(last)
    {
        kept = before.trim_end();
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn commands_begin_lines() {
        let script = "//\n// Tables\n.create table T (a: string)\n\n// Functions\n  .create function F() {\n  T\n.x\n}\n\
            .set U <|\n  T\n  | take 1\n// end\n";
        assert_eq!(
            split(script),
            [
                ".create table T (a: string)",
                ".create function F() {\n  T\n.x\n}",
                ".set U <|\n  T\n  | take 1"
            ]
        );
        assert_eq!(split("nothing"), Vec::<&str>::new());
    }
}
