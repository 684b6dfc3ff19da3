//! A query text in canonical form: one operator a line, comments kept.
//!
//! Only what stands between tokens changes, so the tree stays the same by construction: the tokens are written as they
//! are, in their order.

use super::lexer::{is_line_break, lex};
use super::spacing::{Gap, gaps};
use super::token::{Token, TokenKind};
use crate::diagnostic::Diagnostic;

/// Lines are broken where they would grow longer than this.
const WIDTH: usize = 100;

/// How far each level is moved in.
const STEP: usize = 4;

/// Writes a query in canonical form.
///
/// # Errors
///
/// The text is not KQL; what is wrong with it.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = super::parse(text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let (tokens, _) = lex(text);
    let mut printer = Printer::new(text, &tokens);
    printer.document();
    Ok(printer.out)
}

/// A comment and how it stands.
#[derive(Debug, Clone, Copy)]
struct Comment<'t> {
    text: &'t str,
    /// On the line of the token before it.
    trailing: bool,
    /// An empty line stands before it.
    blank: bool,
}

struct Printer<'t> {
    text: &'t str,
    tokens: &'t [Token],
    gaps: Vec<Gap>,
    /// The comments before each token.
    comments: Vec<Vec<Comment<'t>>>,
    /// An empty line stands right before the token.
    blank: Vec<bool>,
    /// For each opening bracket, its closing one.
    closing: Vec<usize>,
    /// How wide the tokens before each one are, on one line.
    width: Vec<usize>,
    /// How many things before each token force a line break: comments.
    breaks: Vec<usize>,
    out: String,
    column: usize,
    /// A line break is due before the next token, moved in so far.
    due: Option<usize>,
}

impl<'t> Printer<'t> {
    fn new(text: &'t str, tokens: &'t [Token]) -> Self {
        let count = tokens.len();
        let mut comments = Vec::with_capacity(count);
        let mut blank = Vec::with_capacity(count);
        let mut end = 0;
        for token in tokens {
            let (found, is_blank) = comments_between(&text[end..token.span.start as usize], end == 0);
            comments.push(found);
            blank.push(is_blank);
            end = token.span.end as usize;
        }
        let gaps = gaps(text, tokens);
        let mut width = vec![0];
        let mut breaks = vec![0];
        for (at, token) in tokens.iter().enumerate() {
            let shown = text[token.span.range()].chars().count() + usize::from(gaps[at] == Gap::Space);
            width.push(width[at] + shown);
            breaks.push(breaks[at] + usize::from(!comments[at].is_empty()));
        }
        Self {
            text,
            tokens,
            comments,
            blank,
            closing: closing(tokens, &gaps),
            gaps,
            width,
            breaks,
            out: String::with_capacity(text.len() + text.len() / 8),
            column: 0,
            due: None,
        }
    }

    fn kind(&self, at: usize) -> TokenKind {
        self.tokens.get(at).map_or(TokenKind::End, |token| token.kind)
    }

    fn is_word(&self, at: usize, word: &str) -> bool {
        let token = self.tokens[at];
        token.is_keyword() && &self.text[token.span.range()] == word
    }

    /// The whole text.
    fn document(&mut self) {
        let end = self.tokens.len() - 1;
        let mut from = 0;
        while self.kind(from) == TokenKind::Directive {
            self.token(from, 0);
            self.break_line(0);
            from += 1;
        }
        self.statements(from, end, 0);
        self.due = None;
        self.write_comments(end, 0);
        while self.out.ends_with(['\n', ' ']) {
            self.out.pop();
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// Statements, each on lines of its own.
    fn statements(&mut self, from: usize, to: usize, indent: usize) {
        let mut at = from;
        while at < to {
            let end = self.find(at, to, TokenKind::Semicolon);
            if at > from {
                self.break_line(indent);
                let has_blank = match self.comments[at].first() {
                    Some(comment) if comment.trailing => false,
                    Some(comment) => comment.blank,
                    None => self.blank[at],
                };
                if has_blank && !self.out.is_empty() {
                    self.flush_line();
                    self.out.push('\n');
                }
            }
            self.pipe(at, end, indent);
            if end < to {
                self.token(end, indent);
            }
            at = end + 1;
        }
    }

    /// A source and operators, each on a line of its own.
    fn pipe(&mut self, from: usize, to: usize, indent: usize) {
        let mut at = from;
        loop {
            let end = self.find(at + usize::from(at > from), to, TokenKind::Bar);
            self.segment(at, end, indent);
            if end >= to {
                return;
            }
            self.break_line(indent);
            at = end;
        }
    }

    /// One operator, or a source: on one line if it fits.
    fn segment(&mut self, from: usize, to: usize, indent: usize) {
        let inner = indent + STEP;
        let parts = self.parts(from, to);
        let is_long = indent + self.flat_width(from, to) > WIDTH
            || parts.iter().skip(1).any(|&part| !self.comments[part].is_empty());
        let by = is_long && parts.len() > 1;
        let mut at = from;
        for (n, &part) in parts.iter().enumerate() {
            let end = parts.get(n + 1).copied().unwrap_or(to);
            if n > 0 && by {
                self.break_line(inner);
            }
            self.run(part.max(at), end, if n > 0 && by { inner } else { indent });
            at = end;
        }
    }

    /// Where a segment may be broken: behind commas, before `and`, `or` and `by`.
    fn parts(&self, from: usize, to: usize) -> Vec<usize> {
        let mut parts = vec![from];
        let mut at = from;
        while at < to {
            if let Some(close) = self.closing_of(at) {
                at = close + 1;
                continue;
            }
            let is_by = |at| {
                self.is_word(at, "by") && !self.is_word(at - 1, "order") && !self.is_word(at - 1, "sort")
            };
            if at > from
                && (self.is_word(at, "and") || self.is_word(at, "or") || (at > from + 2 && is_by(at)))
            {
                parts.push(at);
            }
            if self.kind(at) == TokenKind::Comma && at + 1 < to {
                parts.push(at + 1);
            }
            at += 1;
        }
        parts.dedup();
        parts
    }

    /// Tokens and groups one after the other.
    fn run(&mut self, from: usize, to: usize, indent: usize) {
        let mut at = from;
        while at < to {
            if let Some(close) = self.closing_of(at) {
                self.group(at, close, indent);
                at = close + 1;
            } else {
                self.token(at, if at == from { indent } else { indent + STEP });
                at += 1;
            }
        }
    }

    /// What stands between brackets: on one line if it fits, else moved in.
    fn group(&mut self, open: usize, close: usize, indent: usize) {
        self.token(open, indent + STEP);
        let (from, to) = (open + 1, close);
        let has_parts =
            self.find(from, to, TokenKind::Bar) < to || self.find(from, to, TokenKind::Semicolon) < to;
        let has_comments = self.breaks[close + 1] > self.breaks[from];
        let elements = self.elements(from, to);
        let is_atom = self.parts(from, to).len() == 1 && (from..to).all(|at| self.closing_of(at).is_none());
        let fits = is_atom || self.column + self.flat_width(from, close + 1) <= WIDTH;
        let is_flat = from == to || (fits && !self.has_parts_within(from, to));
        let stays = is_flat || (elements.len() == 1 && self.is_single_group(from, to));
        if !has_parts && !has_comments && stays {
            self.run(from, to, indent);
            self.token(close, indent);
        } else {
            let inner = indent + STEP;
            self.break_line(inner);
            if has_parts {
                self.statements(from, to, inner);
            } else {
                let row = self.row_length(open);
                for (n, &element) in elements.iter().enumerate() {
                    let end = elements.get(n + 1).copied().unwrap_or(to);
                    if n > 0 && n % row == 0 {
                        self.break_line(inner);
                    }
                    self.segment(element, end, inner);
                }
            }
            // A comment before the closing bracket belongs to what the bracket holds.
            self.break_line(inner);
            self.write_comments(close, inner);
            self.break_line(indent);
            self.token(close, indent);
        }
    }

    /// The group holds one call or group and nothing else, which may be broken in its place.
    fn is_single_group(&self, from: usize, to: usize) -> bool {
        let mut at = from;
        while at < to {
            if let Some(close) = self.closing_of(at) {
                return close + 1 == to;
            }
            if !matches!(self.kind(at), TokenKind::Word(_) | TokenKind::Dot) {
                return false;
            }
            at += 1;
        }
        false
    }

    /// Some group within holds a pipe or statements, and so will be broken.
    fn has_parts_within(&self, from: usize, to: usize) -> bool {
        (from..to).any(|at| matches!(self.kind(at), TokenKind::Bar | TokenKind::Semicolon))
    }

    /// The starts of what commas separate.
    fn elements(&self, from: usize, to: usize) -> Vec<usize> {
        let mut all = vec![from];
        let mut at = from;
        while at < to {
            at = self.find(at, to, TokenKind::Comma) + 1;
            if at < to {
                all.push(at);
            }
        }
        all
    }

    /// How many elements a line holds: the cells of a `datatable` stand in rows.
    fn row_length(&self, open: usize) -> usize {
        let is_close = open > 0 && self.kind(open - 1) == TokenKind::CloseParen;
        if self.kind(open) != TokenKind::OpenBracket || !is_close {
            return 1;
        }
        let Some(schema) = (0..open).rev().find(|&at| self.closing_of(at) == Some(open - 1)) else {
            return 1;
        };
        let is_table = schema > 0 && self.is_word(schema - 1, "datatable");
        if is_table { self.elements(schema + 1, open - 1).len().max(1) } else { 1 }
    }

    /// The next token of a kind on this level.
    fn find(&self, from: usize, to: usize, kind: TokenKind) -> usize {
        let mut at = from;
        while at < to {
            if self.kind(at) == kind {
                return at;
            }
            at = self.closing_of(at).map_or(at + 1, |close| close + 1);
        }
        to
    }

    fn closing_of(&self, at: usize) -> Option<usize> {
        let close = self.closing.get(at).copied().unwrap_or(0);
        (close > at).then_some(close)
    }

    /// How wide tokens are on one line; what will be broken anyway does not count.
    fn flat_width(&self, from: usize, to: usize) -> usize {
        let mut total = self.width[to].saturating_sub(self.width[from]);
        let mut at = from;
        while at < to {
            match self.closing_of(at) {
                Some(close) if close < to => {
                    if self.has_parts_within(at, close) {
                        total -= self.width[close].saturating_sub(self.width[at + 1]);
                    }
                    at = close + 1;
                }
                _ => at += 1,
            }
        }
        total
    }

    /// Writes a token, with the comments before it and what stands between.
    fn token(&mut self, at: usize, indent: usize) {
        if let Gap::Verbatim = self.gaps[at] {
            let from = self.tokens[at - 1].span.end;
            self.write(&self.text[from as usize..self.tokens[at].span.end as usize]);
            return;
        }
        self.write_comments(at, indent);
        if !self.flush_line() && self.gaps[at] == Gap::Space && !self.out.is_empty() {
            self.write(" ");
        }
        self.write(&self.text[self.tokens[at].span.range()]);
    }

    /// Writes the comments before a token, each once.
    fn write_comments(&mut self, at: usize, indent: usize) {
        for comment in std::mem::take(&mut self.comments[at]) {
            let indent = self.due.unwrap_or(indent);
            if comment.trailing && !self.out.is_empty() {
                self.due = None;
                self.write(" ");
            } else {
                if !self.out.is_empty() {
                    self.break_line(indent);
                    self.flush_line();
                    if comment.blank && !self.out.ends_with("\n\n") && self.column == indent {
                        let kept = self.out.trim_end_matches(' ').len();
                        self.out.truncate(kept);
                        if !self.out.ends_with("\n\n") {
                            self.out.push('\n');
                        }
                        self.out.push_str(&" ".repeat(indent));
                    }
                }
            }
            self.write(comment.text);
            self.due = Some(indent);
        }
    }

    fn write(&mut self, text: &str) {
        self.out.push_str(text);
        self.column = match text.rfind('\n') {
            Some(at) => text[at + 1..].chars().count(),
            None => self.column + text.chars().count(),
        };
    }

    /// The next token starts a line.
    fn break_line(&mut self, indent: usize) {
        self.due = Some(indent);
    }

    /// Starts the line that is due.
    fn flush_line(&mut self) -> bool {
        let Some(indent) = self.due.take() else { return false };
        if !self.out.is_empty() {
            if !self.out.ends_with('\n') {
                self.out.push('\n');
            }
            self.out.push_str(&" ".repeat(indent));
            self.column = indent;
        }
        true
    }
}

/// The comments in what stands between two tokens, and whether an empty line comes last.
fn comments_between(between: &str, at_start: bool) -> (Vec<Comment<'_>>, bool) {
    let mut comments = Vec::new();
    let mut rest = between;
    loop {
        let at = rest.find("//").unwrap_or(rest.len());
        let lines = rest[..at].matches('\n').count();
        let after_comment = !comments.is_empty();
        // The line break that ends a comment is not counted as an empty line.
        let blank = lines > usize::from(!after_comment);
        if at == rest.len() {
            return (comments, blank);
        }
        rest = &rest[at..];
        let end = rest.find(is_line_break).unwrap_or(rest.len());
        let trailing = lines == 0 && !after_comment && !at_start;
        comments.push(Comment { text: rest[..end].trim_end(), trailing, blank });
        rest = &rest[end..];
        rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(is_line_break)).unwrap_or(rest);
    }
}

/// For each opening bracket the place of its closing one, otherwise 0.
fn closing(tokens: &[Token], gaps: &[Gap]) -> Vec<usize> {
    let mut all = vec![0; tokens.len()];
    let mut open = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.kind {
            TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace => open.push(at),
            TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace => {
                if let Some(from) = open.pop() {
                    // `{name}` is one name, not a group.
                    let is_name = token.kind == TokenKind::CloseBrace
                        && gaps[from + 1] == Gap::None
                        && matches!(tokens[from + 1].kind, TokenKind::Word(_));
                    all[from] = if is_name { 0 } else { at };
                }
            }
            _ => {}
        }
    }
    all
}
