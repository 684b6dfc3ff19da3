//! docs/rule-codes.md lists every code of `kqlite check` for rules. With KQLITE_UPDATE=1 it is written anew.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::Path;

use kqlite_detect::RuleCode;

const HEAD: &str = "\
# What `kqlite check` finds in rules

Beside every mistake of its query (codes `KQL…`), a rule is checked for what Sentinel refuses and for what is likely not
meant. Codes are permanent. Errors make the command fail; warnings do with `--strict`. The bounds are those of Microsoft's
documentation.

| code | what is wrong |
|---|---|
";

#[test]
fn every_code_is_listed() {
    let rows = RuleCode::ALL.iter().map(|code| format!("| {code} | {} |\n", code.summary()));
    let wanted = HEAD.to_owned() + &rows.collect::<String>();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rule-codes.md");
    if std::env::var_os("KQLITE_UPDATE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), wanted, "KQLITE_UPDATE=1 writes it anew");
}
