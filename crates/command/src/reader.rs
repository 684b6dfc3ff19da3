//! Reads the text of a command from left to right: words, names, texts, properties, columns, queries. It must not know any
//! command.

use std::collections::HashSet;

use kqlite::{Code, Database, DateTime, Diagnostic, Options, ScalarType, Schema, Span, nearest};

use crate::error::CommandError;
use crate::parts::{Declaration, PlacedName, Properties, Property};
use crate::scan;

type Read<T> = Result<T, CommandError>;

/// The most columns of a table, as Kusto has it.
const MAX_COLUMNS: usize = 10_000;

/// The most tables, functions, files or properties that one command lists.
const MAX_ITEMS: usize = 1000;

/// Reads a command.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    pub(crate) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// The whole command.
    pub(crate) const fn text(&self) -> &'t str {
        self.text
    }

    /// Where the reader stands.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    /// What was not read yet.
    pub(crate) fn left(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn advance(&mut self, bytes: usize) -> Span {
        let start = self.at;
        self.at = (self.at + bytes).min(self.text.len());
        Span::new(start, self.at)
    }

    /// Passes over some bytes.
    pub(crate) fn pass(&mut self, bytes: usize) {
        self.advance(bytes);
    }

    /// Passes over white space and comments, and gives what is left.
    pub(crate) fn skip(&mut self) -> &'t str {
        let rest = self.left();
        let after = scan::trivia(rest).map_or(rest, |(after, _)| after);
        self.at = self.text.len() - after.len();
        after
    }

    pub(crate) fn error(&self, code: Code, span: Span, message: impl Into<String>) -> CommandError {
        CommandError::new(Diagnostic::error(code, span, message), self.text)
    }

    /// The error that something else was expected here.
    pub(crate) fn expected(&self, what: &str) -> CommandError {
        let mut ahead = self.clone();
        let rest = ahead.skip();
        let start = ahead.at;
        let found = scan::text(rest).or_else(|_| scan::word(rest)).map_or("", |(_, found)| found);
        let len = match found.len() {
            0 => rest.chars().next().map_or(0, char::len_utf8),
            len => len,
        };
        let shown = rest.get(..len).unwrap_or_default();
        let found = if shown.is_empty() { "the end".to_owned() } else { format!("'{shown}'") };
        self.error(
            Code::Expected,
            Span::new(start, start + len),
            format!("expected {what}, but found {found}"),
        )
    }

    /// The next word, without reading it.
    pub(crate) fn peek(&self) -> Option<&'t str> {
        scan::word(self.clone().skip()).ok().map(|(_, word)| word)
    }

    /// Reads a word if it is the next one, in any case.
    pub(crate) fn accept(&mut self, word: &str) -> bool {
        if !self.peek().is_some_and(|it| it.eq_ignore_ascii_case(word)) {
            return false;
        }
        self.skip();
        self.advance(word.len());
        true
    }

    /// Reads several words if they are the next ones.
    pub(crate) fn accept_all(&mut self, words: &[&str]) -> bool {
        let mut ahead = self.clone();
        let all = words.iter().all(|word| ahead.accept(word));
        if all {
            *self = ahead;
        }
        all
    }

    /// Reads a word that must be here.
    pub(crate) fn expect(&mut self, word: &str) -> Read<()> {
        if self.accept(word) { Ok(()) } else { Err(self.expected(&format!("'{word}'"))) }
    }

    /// A sign is the next thing.
    pub(crate) fn is_at(&self, sign: &str) -> bool {
        self.clone().skip().starts_with(sign)
    }

    /// Reads a sign if it is the next thing.
    pub(crate) fn accept_sign(&mut self, sign: &str) -> bool {
        let mut ahead = self.clone();
        let found = ahead.skip().starts_with(sign);
        if found {
            ahead.advance(sign.len());
            *self = ahead;
        }
        found
    }

    /// Reads a sign that must be here.
    pub(crate) fn expect_sign(&mut self, sign: &str) -> Read<()> {
        if self.accept_sign(sign) { Ok(()) } else { Err(self.expected(&format!("'{sign}'"))) }
    }

    /// Nothing of the command is left, or a pipe follows.
    pub(crate) fn is_at_end(&self) -> bool {
        let rest = self.clone().skip();
        rest.is_empty() || rest.starts_with('|')
    }

    /// Reads the end of the command: of the text, or where a query over the result begins.
    pub(crate) fn end(&mut self) -> Read<()> {
        self.accept_sign(";");
        if self.is_at_end() { Ok(()) } else { Err(self.expected("the end of the command, or '|'")) }
    }

    /// Reads a name: a word, or anything in `['…']`.
    pub(crate) fn name(&mut self, what: &str) -> Read<PlacedName> {
        let rest = self.skip();
        if let Ok((_, name)) = scan::bare_name(rest) {
            let span = self.advance(name.len());
            return Ok(PlacedName { text: name.to_owned(), span });
        }
        if rest.starts_with('[') {
            let start = self.at;
            self.advance(1);
            if self.is_at("'") || self.is_at("\"") {
                let text = self.string(what)?;
                self.expect_sign("]")?;
                return Ok(PlacedName { text, span: Span::new(start, self.at) });
            }
            self.at = start;
        }
        Err(self.expected(what))
    }

    /// Reads a text, and gives what it says.
    pub(crate) fn string(&mut self, what: &str) -> Read<String> {
        let rest = self.skip();
        let Ok((_, written)) = scan::text(rest) else { return Err(self.expected(what)) };
        let span = self.advance(written.len());
        // A text is what KQL makes of it, escapes and all.
        let value = Database::new()
            .compile(&format!("print x = {written}"))
            .and_then(|query| query.run(&Database::new(), &Options::new(DateTime::UNIX_EPOCH)));
        let value = value.map_err(|error| {
            let message = error.diagnostics().first().map_or_else(String::new, |it| it.message.clone());
            self.error(Code::BadLiteral, span, message)
        })?;
        Ok(value.get::<String>(0, "x").unwrap_or_default())
    }

    /// A text is the next thing.
    pub(crate) fn is_at_string(&self) -> bool {
        scan::text(self.clone().skip()).is_ok()
    }

    /// Reads `with (name = value, …)` if it is here; each name must be one of `known`.
    pub(crate) fn properties(&mut self, known: &[&str]) -> Read<Properties> {
        let mut found = Properties::default();
        if !self.accept("with") {
            return Ok(found);
        }
        self.expect_sign("(")?;
        while !self.accept_sign(")") {
            if !found.values.is_empty() {
                self.expect_sign(",")?;
                self.check_count(found.values.len())?;
            }
            let name = self.name("a property")?;
            if !known.iter().any(|it| it.eq_ignore_ascii_case(&name.text)) {
                let message = format!("there is no property '{}' here", name.text);
                let diagnostic = Diagnostic::error(Code::BadParameter, name.span, message);
                let help = match nearest(&name.text, known.iter().copied()) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("there are: {}", known.join(", ")),
                };
                return Err(CommandError::new(diagnostic.help(help), self.text));
            }
            self.expect_sign("=")?;
            self.skip();
            let value = if self.is_at_string() {
                self.string("a value")?
            } else {
                let rest = self.left();
                let len = match scan::balanced(rest) {
                    Some(len) if rest.starts_with(['(', '[']) => len,
                    _ => rest.find([',', ')', '\n']).unwrap_or(rest.len()),
                };
                let value = rest.get(..len).unwrap_or_default().trim();
                if value.is_empty() {
                    return Err(self.expected("a value"));
                }
                self.advance(value.len());
                value.to_owned()
            };
            found.values.push(Property { name, value });
        }
        Ok(found)
    }

    /// Reads `(name, …)`.
    pub(crate) fn names(&mut self, what: &str) -> Read<Vec<PlacedName>> {
        self.expect_sign("(")?;
        let mut names = vec![self.name(what)?];
        while self.accept_sign(",") {
            self.check_count(names.len())?;
            names.push(self.name(what)?);
        }
        self.expect_sign(")")?;
        Ok(names)
    }

    /// Reads an id: hexadecimal digits and hyphens, in quotes or not.
    pub(crate) fn id(&mut self) -> Read<()> {
        if self.is_at_string() {
            return self.string("an id").map(|_| ());
        }
        match scan::word(self.skip()) {
            Ok((_, word)) => {
                self.advance(word.len());
                Ok(())
            }
            Err(_) => Err(self.expected("an id")),
        }
    }

    /// Reads `(id, …)`.
    pub(crate) fn ids(&mut self) -> Read<()> {
        self.expect_sign("(")?;
        self.id()?;
        while self.accept_sign(",") {
            self.id()?;
        }
        self.expect_sign(")")
    }

    /// Reads `Table (column: type, …)`.
    pub(crate) fn declaration(&mut self) -> Read<Declaration> {
        let name = self.name("the name of a table")?;
        let schema = self.columns()?;
        Ok(Declaration { name, schema })
    }

    /// Reads `(column: type, …)`.
    fn columns(&mut self) -> Read<Schema> {
        self.expect_sign("(")?;
        let (mut columns, mut known) = (Vec::new(), HashSet::new());
        loop {
            let name = self.name("the name of a column")?;
            self.expect_sign(":")?;
            let data_type = self.data_type()?;
            if !known.insert(name.text.clone()) {
                let message = format!("the column '{}' is declared twice", name.text);
                return Err(self.error(Code::DuplicateColumn, name.span, message));
            }
            if columns.len() >= MAX_COLUMNS {
                let message = format!("a table has at most {MAX_COLUMNS} columns");
                return Err(self.error(Code::LimitExceeded, name.span, message));
            }
            columns.push((name.text, data_type));
            if self.accept_sign(")") {
                return Ok(Schema::new(columns));
            }
            self.expect_sign(",")?;
        }
    }

    /// Whether a list may have another item; the error says that it is too long.
    pub(crate) fn check_count(&self, count: usize) -> Read<()> {
        if count < MAX_ITEMS {
            return Ok(());
        }
        let here = Span::new(self.at, self.at);
        Err(self.error(Code::LimitExceeded, here, format!("a command lists at most {MAX_ITEMS} things")))
    }

    fn data_type(&mut self) -> Read<ScalarType> {
        let rest = self.skip();
        let word =
            rest.split(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.')).next().unwrap_or_default();
        let by_name = word.to_lowercase().parse().ok();
        let found = by_name.or_else(|| ScalarType::ALL.into_iter().find(|it| it.dotnet_name() == word));
        match found {
            Some(data_type) => {
                self.advance(word.len());
                Ok(data_type)
            }
            None => {
                let known: Vec<&str> = ScalarType::ALL.iter().map(|it| it.as_str()).collect();
                Err(self.expected(&format!("a type ({})", known.join(", "))))
            }
        }
    }

    /// Reads `(parameters) { body }`, and gives the text of it and its place.
    pub(crate) fn function(&mut self) -> Read<(&'t str, Span)> {
        let rest = self.skip();
        let start = self.at;
        let open = |reader: &Self, what: &str| {
            let message = format!("the {what} is not closed");
            reader.error(Code::Unterminated, Span::new(reader.at, reader.at + 1), message)
        };
        if !rest.starts_with('(') {
            return Err(self.expected("'(' and the parameters of the function"));
        }
        let parameters = scan::balanced(rest).ok_or_else(|| open(self, "list of parameters"))?;
        self.advance(parameters);
        let rest = self.skip();
        if !rest.starts_with('{') {
            return Err(self.expected("'{' and the body of the function"));
        }
        let body = scan::balanced(rest).ok_or_else(|| open(self, "body of the function"))?;
        self.advance(body);
        let span = Span::new(start, self.at);
        Ok((self.text.get(span.range()).unwrap_or_default(), span))
    }

    /// Reads `<|` and all that stands behind it, and gives that with the place where it begins.
    pub(crate) fn rest_behind_arrow(&mut self, what: &str) -> Read<(&'t str, usize)> {
        if !self.accept_sign("<|") {
            return Err(self.expected(&format!("'<|' and {what}")));
        }
        let (rest, start) = (self.left(), self.at);
        self.at = self.text.len();
        Ok((rest, start))
    }
}
