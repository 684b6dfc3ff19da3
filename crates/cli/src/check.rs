//! `kqlite check`: reports what is wrong with queries and rules, for people or for programs. It must not know how errors
//! are found.

use std::collections::HashSet;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kqlite::{Check, Code, CodeClass, Database, Diagnostic, LineIndex, Severity, Span};
use kqlite_detect::suite::{Repositories, Repository};
use kqlite_detect::{
    Finding, FunctionText, QueryRole, RuleCode, Workspace, check_rule, find_duplicates, table_names,
};
use serde_json::{Value as Json, json};

use crate::annotations::{Annotation, sarif};
use crate::args::{self, CheckFormat};
use crate::failure::Failure;
use crate::output::{eprint_str, has_colour, print_str};
use crate::query_files::{QueryFilePath, QueryFiles};
use crate::query_text::{FileQueries, QueryReadError, QueryText, has_ending};
use crate::reach;
use crate::session::{in_rule_file, render};
use crate::settings::{repositories, repository_of, workspace_of};

/// What queries are checked against.
struct Catalog {
    workspace: Workspace,
    /// The tables of the workspace, so that all of them can be named to who misspells one.
    tables: Database,
}

impl Catalog {
    fn new(workspace: Workspace) -> Self {
        let mut tables = Database::new();
        for (name, schema) in workspace.tables() {
            tables.declare(name, schema.clone());
        }
        Self { workspace, tables }
    }

    fn check(&self, query: &str) -> Result<Check, Failure> {
        let mut database = self.tables.clone();
        let declared = self.workspace.declare_for_check(&mut database, query);
        declared.map_err(|error| Failure::wrong(&error))?;
        Ok(database.check(query))
    }
}

/// A catalog for each repository that files are in.
struct Catalogs {
    repositories: Repositories,
    made: Vec<(Arc<Repository>, Catalog)>,
}

impl Catalogs {
    /// What the queries of a file are checked against; with the functions of the files that are checked.
    fn of(&mut self, file: &Path, functions: &[FunctionText]) -> Result<&Catalog, Failure> {
        let repository = repository_of(&mut self.repositories, file)?;
        let known = self.made.iter().position(|(it, _)| Arc::ptr_eq(it, &repository));
        let at = known.unwrap_or(self.made.len());
        if known.is_none() {
            let mut workspace = repository.workspace.clone();
            for function in functions {
                for name in &function.names {
                    workspace.add_function(name, function.text.as_str());
                }
            }
            self.made.push((repository, Catalog::new(workspace)));
        }
        let made = self.made.get(at).map(|(_, catalog)| catalog);
        made.ok_or_else(|| Failure::wrong("there is no such catalog"))
    }
}

/// Checks files, folders, or JSON lines.
pub fn check(arguments: &args::Check) -> Result<(), Failure> {
    let mut report = Report {
        format: arguments.format,
        strict: arguments.strict,
        verbose: arguments.verbose,
        ..Report::default()
    };
    if arguments.paths.iter().any(|path| path == Path::new("-")) {
        if arguments.paths.len() > 1 {
            return Err(Failure::usage("- stands alone: it reads queries from the standard input"));
        }
        let workspace = workspace_of(arguments.schema.as_deref())?;
        // A program that gives tables with its queries gives all of them.
        let workspace = if arguments.schema.is_some() { workspace.closed() } else { workspace };
        check_lines(&Catalog::new(workspace), &mut report)?;
    } else {
        let QueryFiles { files, hidden } = QueryFiles::find(&arguments.paths)?;
        let reader = reach::reader(&arguments.reach, &arguments.paths, u64::MAX)?;
        for file in &files {
            // Another error is told where the file is read.
            if let Err(error) = reader.admit(&file.path)
                && error.kind() == std::io::ErrorKind::PermissionDenied
            {
                return Err(Failure::file(&file.path, &error));
            }
        }
        let mut repositories = repositories(arguments.schema.as_deref(), reader)?;
        let mut left = Vec::new();
        for file in files {
            if file.is_named || !repository_of(&mut repositories, &file.path)?.excludes(&file.path) {
                left.push(file);
            } else {
                report.pass_over(&format!("{}: kqlite.yaml excludes it", file.path.display()));
            }
        }
        let read = read_files(left, &mut report);
        if read.is_empty() {
            return Err(nothing_to_check(&arguments.paths, report.without_query, &hidden));
        }
        if let (CheckFormat::Human, [_, ..]) = (arguments.format, &hidden[..]) {
            let named: Vec<String> = hidden.iter().map(|it| it.display().to_string()).collect();
            let folders = hidden.iter().filter(|it| it.is_dir()).count();
            if arguments.verbose || folders > 0 {
                eprint_str(&format!("note: what is hidden is passed over: {}\n", named.join(", ")));
            }
        }
        check_files(&mut Catalogs { repositories, made: Vec::new() }, &mut report, &read)?;
    }
    report.end()?;
    if report.wrong > 0 { Err(Failure::Wrong(String::new())) } else { Ok(()) }
}

/// Checks one JSON object `{"id", "query"}` a line and answers each before the next is read.
fn check_lines(tables: &Catalog, report: &mut Report) -> Result<(), Failure> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let read = input.read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::wrong(format_args!("standard input: {error}")))? == 0 {
            return Ok(());
        }
        number += 1;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let (id, query) = match serde_json::from_slice::<Json>(&line) {
            Ok(Json::Object(request)) => (
                request.get("id").cloned().unwrap_or_default(),
                request.get("query").and_then(Json::as_str).map(str::to_owned),
            ),
            _ => (Json::Null, None),
        };
        let Some(query) = query else {
            let message = format!("line {number} is no JSON object {{\"id\", \"query\"}}");
            report.unread(&id, &format!("error: {message}\n"), &message, "standard input", (number, 1))?;
            continue;
        };
        let origin = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        let text = QueryText { origin, text: query, rule: None };
        report.answer(&id, &text, &tables.check(&text.text)?, Vec::new())?;
    }
}

/// A file and what was read of it.
type ReadFile = (PathBuf, Result<FileQueries, QueryReadError>);

/// Reads files, and says which have nothing to check.
fn read_files(files: Vec<QueryFilePath>, report: &mut Report) -> Vec<ReadFile> {
    let mut read: Vec<ReadFile> = Vec::new();
    for QueryFilePath { path, is_named } in files {
        let queries = QueryText::everything_in_file(&path, is_named);
        let name = path.display().to_string();
        match &queries {
            Ok(found) if found.texts.is_empty() && found.passed_over.is_empty() => {
                // Few text files and pages have queries.
                if !has_ending(&path, &["txt", "md", "markdown"]) {
                    report.pass_over(&format!("{name}: no query"));
                    report.without_query += 1;
                }
                continue;
            }
            Ok(found) => {
                for (line, what) in &found.passed_over {
                    report.pass_over(&format!("{name}:{line}: {what}"));
                }
            }
            Err(_) => {}
        }
        read.push((path, queries));
    }
    read
}

fn check_files(catalogs: &mut Catalogs, report: &mut Report, read: &[ReadFile]) -> Result<(), Failure> {
    report.files = Some(read.len());
    let texts = || read.iter().filter_map(|(_, read)| read.as_ref().ok()).flat_map(|it| &it.texts);
    // The functions of some files are there for the queries of all.
    let functions: Vec<FunctionText> =
        texts().filter_map(|it| it.rule.as_ref()).flat_map(|(_, rule)| rule.functions.clone()).collect();
    report.functions.extend(functions.iter().flat_map(|it| it.names.clone()));
    // Ids are compared over all files; a duplicate is reported with its own file.
    let rules: Vec<_> = texts()
        .filter_map(|text| text.rule.as_ref().map(|(_, rule)| (text.origin.as_str(), &**rule)))
        .collect();
    let mut duplicates = find_duplicates(rules).into_iter().peekable();
    let mut number = 0;
    for (file, read) in read {
        match read {
            Ok(found) => {
                let catalog = catalogs.of(file, &functions)?;
                for text in &found.texts {
                    let mut findings = Vec::new();
                    let check = catalog.check(&text.text)?;
                    if let Some((file, rule)) = &text.rule {
                        findings = check_rule(rule, file, &check);
                        while let Some((_, finding)) = duplicates.next_if(|(at, _)| *at == number) {
                            findings.push(finding);
                        }
                        findings.sort_by_key(|it| it.span().start);
                        number += 1;
                    }
                    report.answer(&json!(text.origin), text, &check, findings)?;
                }
            }
            Err(QueryReadError::NotARule { origin, error }) => {
                let place = format!("{origin}:{}:{}: {}", error.line, error.column, error.message);
                let (id, human) = (json!(file.display().to_string()), format!("error: {place}\n"));
                let message = match report.format {
                    CheckFormat::Json => human.trim_end(),
                    _ => &error.message,
                };
                report.unread(&id, &human, message, origin, (error.line, error.column))?;
            }
            Err(QueryReadError::Failure(Failure::Usage(text))) => return Err(Failure::Usage(text.clone())),
            Err(QueryReadError::Failure(failure)) => {
                let (id, name) = (json!(file.display().to_string()), file.display().to_string());
                report.unread(&id, failure.text(), failure.text().trim_end(), &name, (1, 1))?;
            }
        }
    }
    Ok(())
}

/// The error of paths behind which there is nothing to check: a wrong path would else be taken for right rules.
fn nothing_to_check(paths: &[PathBuf], without_query: usize, hidden: &[PathBuf]) -> Failure {
    let shown = |paths: &[PathBuf]| {
        const MAX_SHOWN: usize = 5;
        let names: Vec<String> = paths.iter().take(MAX_SHOWN).map(|it| it.display().to_string()).collect();
        let more = if paths.len() > MAX_SHOWN { " …" } else { "" };
        format!("{}{more}", names.join(", "))
    };
    let mut text = format!("error: there is nothing to check in {}\n", shown(paths));
    text.push_str(" = help: queries are in .kql, .csl, .kusto, .yaml, .json, .md and .txt files\n");
    if without_query > 0 {
        text.push_str(&format!(" = note: {} without a query; -v names them\n", count(without_query, "file")));
    }
    if !hidden.is_empty() {
        text.push_str(&format!(" = note: what is hidden is passed over: {}\n", shown(hidden)));
    }
    Failure::Usage(text)
}

fn count(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// Prints findings as they come, and collects what is printed at the end.
#[derive(Default)]
struct Report {
    format: CheckFormat,
    /// Whether warnings count.
    strict: bool,
    /// Whether what is passed over is named.
    verbose: bool,
    /// How many files there are, if there are files.
    files: Option<usize>,
    /// How many files were passed over, since they have no query.
    without_query: usize,
    /// The functions that are checked by themselves.
    functions: HashSet<String>,
    /// How many queries there are.
    queries: usize,
    /// How many of them are wrong.
    wrong: usize,
    /// How many warnings there are.
    warnings: usize,
    /// The findings that are printed at the end, in the formats of other programs.
    annotations: Vec<Annotation>,
}

impl Report {
    /// Names what is passed over, if that is asked for.
    fn pass_over(&self, what: &str) {
        if self.verbose {
            eprint_str(&format!("passed over: {what}\n"));
        }
    }

    /// Reports a query that could not be read.
    fn unread(
        &mut self,
        id: &Json,
        human: &str,
        message: &str,
        file: &str,
        place: (usize, usize),
    ) -> Result<(), Failure> {
        self.queries += 1;
        self.wrong += 1;
        match self.format {
            CheckFormat::Json => print_str(&format!("{}\n", broken(id, message)))?,
            CheckFormat::Human => eprint_str(human),
            CheckFormat::Sarif | CheckFormat::Github => self.annotations.push(Annotation {
                file: file.to_owned(),
                start: place,
                end: place,
                severity: Severity::Error,
                code: RuleCode::NotARule.to_string(),
                summary: RuleCode::NotARule.summary().to_owned(),
                message: message.to_owned(),
                help: Vec::new(),
            }),
        }
        Ok(())
    }

    /// The findings of a query, and of the rule that it is in.
    fn answer(
        &mut self,
        id: &Json,
        text: &QueryText,
        check: &Check,
        findings: Vec<Finding>,
    ) -> Result<(), Failure> {
        let mut query = check.diagnostics().to_vec();
        // A file of functions asks for no result.
        if text.rule.as_ref().is_some_and(|(_, rule)| rule.role == QueryRole::Function) {
            query.retain(|it| it.code != Code::MissingReturn);
        }
        for it in query.iter_mut().filter(|it| it.code == Code::UnknownTable && it.help.is_empty()) {
            let name = text.text.get(it.span().range()).unwrap_or_default();
            it.help
                .extend(kqlite::nearest(name, table_names()).map(|near| format!("did you mean '{near}'?")));
        }
        // A mistake in a function is told where the function stands.
        let in_checked = |it: &Diagnostic| {
            let rest = it.message.strip_prefix("in the stored function '");
            let name = rest.and_then(|rest| rest.split('\'').next());
            name.is_some_and(|name| self.functions.contains(name))
        };
        query.retain(|it| !in_checked(it));
        let warnings = query.iter().filter(|it| it.severity == Severity::Warning).count()
            + findings.iter().filter(|it| it.severity == Severity::Warning).count();
        self.warnings += warnings;
        let rule_ok =
            !findings.iter().any(|it| it.severity == Severity::Error) && (warnings == 0 || !self.strict);
        let mut ok = rule_ok && !query.iter().any(|it| it.severity == Severity::Error);
        match self.format {
            CheckFormat::Json => {
                let (mut line, query_ok) = report(id, check, &query);
                ok = query_ok && rule_ok;
                if let Some((file, rule)) = &text.rule {
                    line["ok"] = json!(ok);
                    line["rule"] = json!({"id": rule.id, "name": rule.name, "role": rule.role.as_str()});
                    line["findings"] = findings.iter().map(|it| finding_json(it, file)).collect();
                }
                print_str(&format!("{line}\n"))?;
            }
            CheckFormat::Human => {
                let colour = has_colour(&std::io::stdout());
                if !query.is_empty() {
                    print_str(&format!("{}\n", render(&query, text, colour)))?;
                }
                for finding in &findings {
                    let file = text.rule.as_ref().map(|(file, _)| &**file).unwrap_or_default();
                    print_str(&format!("{}\n", finding.render(&text.origin, file, colour)))?;
                }
            }
            CheckFormat::Sarif | CheckFormat::Github => {
                self.annotations.extend(query.iter().map(|it| query_annotation(it, text)));
                let file = text.rule.as_ref().map(|(file, _)| &**file).unwrap_or_default();
                self.annotations.extend(findings.iter().map(|it| finding_annotation(it, text, file)));
            }
        }
        self.queries += 1;
        self.wrong += usize::from(!ok);
        Ok(())
    }

    /// Prints the sum of all, or the findings in the formats of other programs.
    fn end(&self) -> Result<(), Failure> {
        match (self.format, self.files) {
            (CheckFormat::Human, Some(files)) => {
                let warnings = match self.warnings {
                    0 => String::new(),
                    some => format!(", {}", count(some, "warning")),
                };
                let verdict = match self.wrong {
                    0 => "no errors".to_owned(),
                    wrong if self.strict => format!("{wrong} with findings"),
                    wrong => format!("{wrong} with errors"),
                };
                // A file may have several rules.
                let rules = match self.queries {
                    queries if queries == files => String::new(),
                    1 => " with 1 query".to_owned(),
                    queries => format!(" with {queries} queries"),
                };
                let others = match self.without_query {
                    0 => String::new(),
                    some if self.verbose => format!("; {} without a query", count(some, "file")),
                    some => format!("; {} without a query passed over (-v names them)", count(some, "file")),
                };
                eprint_str(&format!("{}{rules}: {verdict}{warnings}{others}\n", count(files, "file")));
            }
            (CheckFormat::Sarif, _) => print_str(&format!("{:#}\n", sarif(&self.annotations)))?,
            (CheckFormat::Github, _) => {
                let lines: Vec<String> = self.annotations.iter().map(|it| it.to_github() + "\n").collect();
                print_str(&lines.concat())?;
            }
            _ => {}
        }
        Ok(())
    }
}

fn query_annotation(diagnostic: &Diagnostic, text: &QueryText) -> Annotation {
    // In a rule whose query cannot be placed, the key is place enough.
    let moved = in_rule_file(diagnostic, text);
    let (start, end) = match (&moved, &text.rule) {
        (Some((moved, file)), _) => Annotation::place(file, moved.span()),
        (None, Some(_)) => ((1, 1), (1, 1)),
        (None, None) => Annotation::place(&text.text, diagnostic.span()),
    };
    Annotation {
        file: text.origin.clone(),
        start,
        end,
        severity: diagnostic.severity,
        code: diagnostic.code.to_string(),
        summary: diagnostic.code.summary().to_owned(),
        message: diagnostic.message.clone(),
        help: diagnostic.help.clone(),
    }
}

fn finding_annotation(finding: &Finding, text: &QueryText, file: &str) -> Annotation {
    let (start, end) = Annotation::place(file, finding.span());
    Annotation {
        file: text.origin.clone(),
        start,
        end,
        severity: finding.severity,
        code: finding.code.to_string(),
        summary: finding.code.summary().to_owned(),
        message: finding.message.clone(),
        help: finding.help.clone(),
    }
}

fn finding_json(finding: &Finding, file: &str) -> Json {
    let Span { start, end } = finding.span();
    let (line, column) = LineIndex::new(file).line_column(file, start);
    json!({
        "severity": if finding.severity == Severity::Error { "error" } else { "warning" },
        "code": finding.code.as_str(),
        "message": finding.message,
        "help": finding.help,
        "line": line,
        "column": column,
        "start": start,
        "end": end,
    })
}

/// The JSON line of a query that could not be read.
fn broken(id: &Json, message: &str) -> Json {
    let error = json!({"code": "KQL0401", "kind": "syntax", "message": message, "start": 0, "end": 0});
    json!({"id": id, "ok": false, "errors": [error], "columns": null, "unsupported": []})
}

/// The findings as JSON: every mistake; what is not supported counts where nothing else is wrong.
fn report(id: &Json, check: &Check, found: &[Diagnostic]) -> (Json, bool) {
    let errors: Vec<&Diagnostic> = found.iter().filter(|it| it.severity == Severity::Error).collect();
    let kind = |it: &Diagnostic| match it.code.class() {
        CodeClass::Syntax => Some("syntax"),
        CodeClass::Semantic => Some("semantic"),
        _ => None,
    };
    let listed: Vec<Json> = errors
        .iter()
        .filter_map(|it| {
            let span = it.span();
            Some(json!({
                "code": it.code.as_str(),
                "kind": kind(it)?,
                "message": it.message,
                "start": span.start,
                "end": span.end,
                "fixes": it.fixes,
            }))
        })
        .collect();
    let mut unsupported: Vec<String> = Vec::new();
    if listed.is_empty() {
        for error in &errors {
            let name = error.unsupported.clone().unwrap_or_else(|| error.message.clone());
            if !unsupported.contains(&name) {
                unsupported.push(name);
            }
        }
    }
    let columns = check.columns().map(|schema| {
        let column = |it: &kqlite::ColumnSchema| json!({"name": &*it.name, "type": it.data_type.as_str()});
        schema.columns.iter().map(column).collect::<Vec<_>>()
    });
    let ok = listed.is_empty() && unsupported.is_empty();
    (json!({"id": id, "ok": ok, "errors": listed, "columns": columns, "unsupported": unsupported}), ok)
}
