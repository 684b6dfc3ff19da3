//! What the parsers read: a slice of tokens, with the findings and limits that all of them share.
//!
//! Every parser keeps one rule: where its construct does not begin, it fails with [`Absent`] and has no effect; once it
//! has begun, it succeeds, and what is missing is recorded as a finding. It must not know the grammar.

use std::cell::{Cell, OnceCell, RefCell};

use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Parser};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::syntax::ast::{At, Expression, Name};
use crate::syntax::expected::{Expectations, Expected};
use crate::syntax::lexer::{MAX_DIAGNOSTICS, is_line_break};
use crate::syntax::token::{Token, TokenKind};

/// The deepest nesting of constructs. Chains and lists do not count.
pub(super) const MAX_DEPTH: u32 = 150;

/// What helps where a tree is too high.
pub(super) const SPLIT: &str = "split the query with let statements";

/// The greatest height of the tree; chains of operators on one level grow it as nesting does.
/// A chain of 800 leaves a stack of 2 MB where nothing is optimised (`tests/hostile.rs`).
pub(super) const MAX_HEIGHT: u32 = 450;

/// The state of one parse: its text and tokens, its findings, its limits.
pub(super) struct ParserState<'p> {
    text: &'p str,
    tokens: &'p [Token],
    diagnostics: RefCell<Vec<Diagnostic>>,
    /// Nothing more is recorded: the parse was given up.
    given_up: Cell<bool>,
    /// How many statements that give a table were read.
    answers: Cell<usize>,
    depth: Cell<u32>,
    /// The height of the highest expression since this was last taken.
    height: Cell<u32>,
    /// For each token: a pipe comes before the expression that begins there ends.
    pipe_ahead: OnceCell<Vec<bool>>,
    /// What is looked for at the end of the text, if somebody wants to know.
    expectations: Option<Expectations>,
}

/// The tokens that are left, with the state of the parse.
#[derive(Clone, Copy)]
pub(super) struct Tokens<'p> {
    rest: &'p [Token],
    state: &'p ParserState<'p>,
}

/// A construct does not begin here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Absent;

impl<I> ParseError<I> for Absent {
    fn from_error_kind(_: I, _: ErrorKind) -> Self {
        Self
    }
    fn append(_: I, _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// The result of a parser.
pub(super) type Res<'p, T> = IResult<Tokens<'p>, T, Absent>;

/// The failure of a parser whose construct does not begin here.
pub(super) const fn absent<T>() -> Result<T, nom::Err<Absent>> {
    Err(nom::Err::Error(Absent))
}

impl<'p> ParserState<'p> {
    pub(super) fn new(text: &'p str, tokens: &'p [Token]) -> Self {
        Self {
            text,
            tokens,
            diagnostics: RefCell::default(),
            given_up: Cell::new(false),
            answers: Cell::new(0),
            depth: Cell::new(0),
            height: Cell::new(0),
            pipe_ahead: OnceCell::new(),
            expectations: None,
        }
    }

    /// A parse that notes what is looked for at the end of the text.
    pub(super) fn expecting(text: &'p str, tokens: &'p [Token]) -> Self {
        Self { expectations: Some(Expectations::default()), ..Self::new(text, tokens) }
    }

    /// What was looked for at the end of the text.
    pub(super) fn into_expected(self) -> Vec<Expected> {
        self.expectations.map(Expectations::into_list).unwrap_or_default()
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics.into_inner()
    }
}

/// A part of the text in quotes, shortened.
pub(in crate::syntax) fn quoted(text: &str) -> String {
    let short: String = text.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() { format!("'{short}…'") } else { format!("'{short}'") }
}

/// What stands at the end, for the parsers to look at.
const END: Token = Token { kind: TokenKind::End, span: Span { start: 0, end: 0 } };

impl<'p> Tokens<'p> {
    pub(super) fn new(state: &'p ParserState<'p>) -> Self {
        Self { rest: state.tokens, state }
    }

    /// The token `ahead` places from here.
    pub(super) fn peek(self, ahead: usize) -> Token {
        self.rest.get(ahead).copied().unwrap_or_else(|| self.state.tokens.last().copied().unwrap_or(END))
    }

    /// The kind of the next token.
    pub(super) fn kind(self) -> TokenKind {
        self.peek(0).kind
    }

    /// The input after `count` tokens; the end token stays.
    pub(super) fn skip(self, count: usize) -> Self {
        let count = count.min(self.rest.len().saturating_sub(1));
        Self { rest: &self.rest[count..], ..self }
    }

    /// How many tokens were read.
    pub(super) fn position(self) -> usize {
        self.state.tokens.len() - self.rest.len()
    }

    /// The text of a token.
    pub(super) fn text(self, token: Token) -> &'p str {
        &self.state.text[token.span.range()]
    }

    /// The text at a place.
    pub(super) fn slice(self, span: Span) -> &'p str {
        &self.state.text[span.range()]
    }

    /// The token `ahead` places from here follows the one before it without a gap.
    pub(super) fn is_adjacent(self, ahead: usize) -> bool {
        self.position().checked_add(ahead).and_then(|at| at.checked_sub(1)).is_some_and(|before| {
            self.state.tokens.get(before).is_some_and(|it| it.span.end == self.peek(ahead).span.start)
        })
    }

    /// The token `ahead` places from here is this keyword.
    pub(super) fn is_keyword(self, ahead: usize, word: &'static str) -> bool {
        let token = self.peek(ahead);
        if ahead == 0 && token.kind == TokenKind::End {
            self.expects(0, Expected::Keyword(word));
        }
        token.is_keyword() && self.text(token) == word
    }

    /// The next token is this word, whether it is a keyword or not.
    pub(super) fn is_text(self, word: &'static str) -> bool {
        self.expects(0, Expected::Keyword(word));
        self.text(self.peek(0)) == word
    }

    /// Notes what is looked for `ahead` places from here, if the text ends there.
    pub(super) fn expects(self, ahead: usize, what: Expected) {
        if let Some(expectations) = &self.state.expectations
            && self.rest.len() == ahead + 1
        {
            expectations.add(what);
        }
    }

    /// The text ends so many tokens from here, and somebody wants to know what is looked for.
    pub(super) fn wants_expected_behind(self, count: usize) -> bool {
        self.state.expectations.is_some() && self.rest.len() == count + 1
    }

    /// What stands at the end of the text belongs to nothing.
    pub(super) fn expects_nothing_more(self) {
        if let Some(expectations) = &self.state.expectations {
            expectations.close(true);
        }
    }

    /// Looks ahead without noting what is looked for.
    pub(super) fn quietly<T>(self, look: impl FnOnce() -> T) -> T {
        let Some(expectations) = &self.state.expectations else { return look() };
        let outer = expectations.close(true);
        let result = look();
        expectations.close(outer);
        result
    }

    /// The text of the last token that was read.
    pub(super) fn last_text(self) -> &'p str {
        let before = self.position().checked_sub(1);
        before.and_then(|before| self.state.tokens.get(before)).map_or("", |token| self.text(*token))
    }

    /// The end of the last token that was read.
    pub(super) fn last_end(self) -> u32 {
        match self.position().checked_sub(1).and_then(|before| self.state.tokens.get(before)) {
            Some(token) => token.span.end,
            None => 0,
        }
    }

    /// From a token's start to the end of the last token that was read.
    pub(super) fn since(self, start: Token) -> At {
        At(Span { start: start.span.start, end: self.last_end().max(start.span.start) })
    }

    /// From a place to the end of the last token that was read.
    pub(super) fn since_span(self, start: Span) -> At {
        At(Span { start: start.start, end: self.last_end().max(start.start) })
    }

    /// Where a node is missing: right behind the last token.
    pub(super) fn gap(self) -> Span {
        Span { start: self.last_end(), end: self.last_end() }
    }

    /// Where a token is missing: the next token if it stands close by on the same line, else behind the last one.
    pub(super) fn token_gap(self) -> Span {
        let gap = self.gap();
        let next = self.peek(0);
        let between = self.state.text.get(gap.end as usize..next.span.start as usize).unwrap_or("");
        if between.chars().count() < 2 && !between.contains(is_line_break) { next.span } else { gap }
    }

    /// Records a finding.
    pub(super) fn report(self, diagnostic: Diagnostic) {
        if let Some(expectations) = &self.state.expectations
            && self.kind() == TokenKind::End
        {
            // What comes behind what is missing may not stand here.
            expectations.close(true);
        }
        let mut all = self.state.diagnostics.borrow_mut();
        if !self.state.given_up.get() && all.len() < MAX_DIAGNOSTICS {
            all.push(diagnostic);
        }
    }

    /// What stands next, in words.
    pub(super) fn found(self) -> String {
        let token = self.peek(0);
        match token.kind {
            TokenKind::End => "the end of the query".to_owned(),
            _ => quoted(self.text(token)),
        }
    }

    /// Records that a token was expected here.
    pub(super) fn expected(self, what: &str) {
        self.expected_with(what, None);
    }

    /// The same, with advice.
    pub(super) fn expected_with(self, what: &str, help: Option<String>) {
        let message = format!("expected {what}, found {}", self.found());
        let it = Diagnostic::error(Code::Expected, self.token_gap(), message);
        self.report(match help {
            Some(help) => it.help(help),
            None => it,
        });
    }

    /// Records that a part is missing behind the last token.
    pub(super) fn missing(self, code: Code, what: &str) {
        let mut it =
            Diagnostic::error(code, self.gap(), format!("{what} is missing here, found {}", self.found()));
        let next = self.peek(0);
        // A word that an operand follows, such as `and`, is meant as the keyword that it is.
        let goes_on = self.peek(1).is_literal()
            || matches!(self.peek(1).kind, TokenKind::Word(_) | TokenKind::OpenParen);
        if next.is_keyword() && !goes_on && matches!(code, Code::MissingExpression | Code::Expected) {
            let word = self.text(next);
            let help = format!("'{word}' is a keyword: as a name it is written ['{word}']");
            it = it.fix(help, next.span, format!("['{word}']"));
        }
        self.report(it);
    }

    /// Refuses whatever is left behind a whole construct, such as "the function".
    pub(super) fn refuse_rest(self, what: &str) {
        // What is no character of the language has a finding already.
        if !matches!(self.kind(), TokenKind::End | TokenKind::Bad) {
            let message = format!("{} does not fit here: {what} before it is complete", self.found());
            let mut it = Diagnostic::error(Code::IncompleteFragment, self.peek(0).span, message);
            // A keyword behind a keyword, such as `project`, is likely meant as a name.
            let before = self.position().checked_sub(1).and_then(|at| self.state.tokens.get(at));
            if self.peek(0).is_keyword() && before.is_some_and(|it| it.is_keyword()) {
                let word = self.text(self.peek(0));
                let help = format!("'{word}' is a keyword: as a name it is written ['{word}']");
                it = it.fix(help, self.peek(0).span, format!("['{word}']"));
            }
            self.report(it);
        }
    }

    /// How many findings there are, to take later ones away again.
    pub(super) fn findings(self) -> usize {
        self.state.diagnostics.borrow().len()
    }

    /// No more findings are kept.
    pub(super) fn is_full(self) -> bool {
        self.findings() >= MAX_DIAGNOSTICS
    }

    /// Takes the findings behind a mark away, as a try at reading that is undone.
    pub(super) fn take_findings(self, mark: usize) -> Vec<Diagnostic> {
        let mut all = self.state.diagnostics.borrow_mut();
        let mark = mark.min(all.len());
        all.split_off(mark)
    }

    /// Puts findings back that were taken away.
    pub(super) fn put_findings(self, findings: Vec<Diagnostic>) {
        let mut all = self.state.diagnostics.borrow_mut();
        let room = MAX_DIAGNOSTICS.saturating_sub(all.len());
        all.extend(findings.into_iter().take(room));
    }

    /// Counts a statement that gives a table; how many there are by now.
    pub(super) fn count_answer(self) -> usize {
        self.state.answers.set(self.state.answers.get() + 1);
        self.state.answers.get()
    }

    /// Gives the parse up: one last finding, and nothing is left to read.
    pub(super) fn give_up(self, code: Code, message: &str, help: &str) -> Self {
        self.report(Diagnostic::error(code, self.peek(0).span, message).help(help));
        self.state.given_up.set(true);
        self.skip(self.rest.len())
    }

    /// Runs a parser one level deeper; beyond the limit the parse is given up.
    pub(super) fn nested<T>(
        self,
        parse: impl FnOnce(Tokens<'p>) -> Res<'p, T>,
        instead: impl FnOnce(Tokens<'p>) -> T,
    ) -> Res<'p, T> {
        match self.descend() {
            Ok(()) => {
                let result = parse(self);
                self.ascend();
                result
            }
            Err(stop) => stop.map(|i| (i, instead(i))),
        }
    }

    /// Goes one level deeper, until [`Tokens::ascend`]. Beyond the limit the parse is given up, and the error says where it
    /// goes on; nothing is left then, so that a further descent fails and the parse ends.
    pub(super) fn descend(self) -> Result<(), Result<Self, nom::Err<Absent>>> {
        self.descend_by(1)
    }

    /// Goes several levels deeper at once, where a level takes more of the stack.
    pub(super) fn descend_by(self, levels: u32) -> Result<(), Result<Self, nom::Err<Absent>>> {
        let depth = self.state.depth.get();
        if depth + levels <= MAX_DEPTH {
            self.state.depth.set(depth + levels);
            return Ok(());
        }
        if self.kind() == TokenKind::End {
            return Err(absent());
        }
        Err(Ok(self.give_up(Code::TooDeep, "the query is nested too deeply here", SPLIT)))
    }

    /// Comes back from the level that [`Tokens::descend`] went to.
    pub(super) fn ascend(self) {
        self.ascend_by(1);
    }

    /// Comes back from the levels that [`Tokens::descend_by`] went to.
    pub(super) fn ascend_by(self, levels: u32) {
        self.state.depth.set(self.state.depth.get().saturating_sub(levels));
    }

    /// Takes the height of the highest expression since the last take.
    pub(super) fn take_height(self) -> u32 {
        self.state.height.replace(0)
    }

    /// Notes an expression of this height.
    pub(super) fn put_height(self, height: u32) {
        self.state.height.set(self.state.height.get().max(height));
    }

    /// A pipe comes before the expression that begins here ends.
    pub(super) fn is_pipe_ahead(self) -> bool {
        let all = self.state.pipe_ahead.get_or_init(|| pipes_ahead(self.state.tokens));
        all.get(self.position()).copied().unwrap_or(false)
    }
}

/// For each token, whether a pipe stands before the expression that begins there ends. One pass from the back: what
/// holds behind a closing parenthesis holds at its opening one, for parentheses are skipped over.
fn pipes_ahead(tokens: &[Token]) -> Vec<bool> {
    let mut out = vec![false; tokens.len() + 1];
    // What follows each parenthesis that is closed further on; a semicolon ends everything.
    let mut closed: Vec<bool> = Vec::new();
    for (at, token) in tokens.iter().enumerate().rev() {
        out[at] = match token.kind {
            TokenKind::Semicolon | TokenKind::End => {
                closed.clear();
                false
            }
            TokenKind::CloseParen => {
                closed.push(out[at + 1]);
                false
            }
            TokenKind::OpenParen => closed.pop().unwrap_or(false),
            TokenKind::Comma => false,
            TokenKind::Bar => true,
            _ => out[at + 1],
        };
    }
    out
}

/// The next token, if it is of a kind.
pub(super) fn token<'p>(kind: TokenKind) -> impl Fn(Tokens<'p>) -> Res<'p, Token> + Copy {
    move |i| if i.kind() == kind { Ok((i.skip(1), i.peek(0))) } else { absent() }
}

/// The next token, if it is a keyword.
pub(super) fn keyword<'p>(word: &'static str) -> impl Fn(Tokens<'p>) -> Res<'p, Token> + Copy {
    move |i| if i.is_keyword(0, word) { Ok((i.skip(1), i.peek(0))) } else { absent() }
}

/// A text that one or more adjacent tokens make up, whatever kind they are of.
pub(super) fn text<'p>(whole: &'static str) -> impl Fn(Tokens<'p>) -> Res<'p, Span> + Copy {
    move |i| match scan_text(i, whole) {
        Some(count) => {
            let after = i.skip(count);
            Ok((after, after.since(i.peek(0)).0))
        }
        None => absent(),
    }
}

/// How many adjacent tokens make up a text.
pub(super) fn scan_text(i: Tokens<'_>, whole: &str) -> Option<usize> {
    let mut left = whole;
    let mut count = 0;
    while !left.is_empty() {
        let token = i.peek(count);
        if token.kind == TokenKind::End || (count > 0 && !i.is_adjacent(count)) {
            return None;
        }
        left = left.strip_prefix(i.text(token))?;
        count += 1;
    }
    Some(count)
}

/// A token that has to be there: if it is not, that is recorded and nothing is read.
pub(super) fn need<'p>(i: Tokens<'p>, kind: TokenKind, shown: &str) -> Tokens<'p> {
    if i.kind() == kind {
        i.skip(1)
    } else {
        i.expected(&format!("'{shown}'"));
        i
    }
}

/// A keyword that has to be there.
pub(super) fn need_keyword<'p>(i: Tokens<'p>, word: &'static str) -> Tokens<'p> {
    if i.is_keyword(0, word) {
        i.skip(1)
    } else {
        i.expected(&format!("'{word}'"));
        i
    }
}

/// An expression that has to be there.
pub(super) fn need_expr<'p>(
    i: Tokens<'p>,
    mut parse: impl FnMut(Tokens<'p>) -> Res<'p, Expression>,
) -> (Tokens<'p>, Expression) {
    match parse(i) {
        Ok(found) => found,
        Err(_) => (i, missing_expr(i)),
    }
}

/// Records that an expression is missing.
pub(super) fn missing_expr(i: Tokens<'_>) -> Expression {
    i.missing(Code::MissingExpression, "an expression");
    Expression::Missing(At(i.gap()))
}

/// Records that a name is missing.
pub(super) fn missing_name(i: Tokens<'_>) -> Name {
    i.missing(Code::Expected, "a name");
    Name { text: String::new(), bracketed: false, at: At(i.gap()) }
}

/// How a list of elements with commas ends and what may be left out.
#[derive(Clone, Copy)]
pub(super) struct ListShape {
    /// Ends the list; `None`: it ends where no comma follows.
    pub(super) end: Option<fn(Tokens<'_>) -> bool>,
    /// One element at least.
    pub(super) some: bool,
    /// A comma may stand behind the last element.
    pub(super) trailing: bool,
}

impl ListShape {
    /// Elements up to a closing bracket, pipe or semicolon; may be empty.
    pub(super) const ANY: Self = Self { end: Some(is_list_end), some: false, trailing: false };
    /// One element at least, up to a closing bracket, pipe or semicolon.
    pub(super) const SOME: Self = Self { some: true, ..Self::ANY };
    /// May be empty, and a comma may stand behind the last element.
    pub(super) const TRAILING: Self = Self { trailing: true, ..Self::ANY };
    /// One element at least, ending where no comma follows.
    pub(super) const OPEN: Self = Self { end: None, some: true, trailing: false };

    /// One element at least, up to what `end` says.
    pub(super) const fn until(end: fn(Tokens<'_>) -> bool) -> Self {
        Self { end: Some(end), some: true, trailing: false }
    }

    /// The same list, which may be empty.
    pub(super) const fn or_none(self) -> Self {
        Self { some: false, ..self }
    }
}

/// What ends most lists.
pub(super) fn is_list_end(i: Tokens<'_>) -> bool {
    use TokenKind::*;
    matches!(i.kind(), CloseParen | CloseBracket | CloseBrace | Bar | Semicolon | End)
}

/// A list of elements with commas between them. Where a comma is missing between two elements, that is recorded.
pub(super) fn comma_list<'p, T>(
    i: Tokens<'p>,
    shape: ListShape,
    mut element: impl FnMut(Tokens<'p>) -> Res<'p, T>,
    mut missing: impl FnMut(Tokens<'p>) -> T,
) -> (Tokens<'p>, Vec<T>) {
    let mut list = Vec::new();
    let is_end = |i: Tokens<'p>| shape.end.is_some_and(|end| i.quietly(|| end(i)));
    let mut next = |i: Tokens<'p>| {
        if !is_end(i) {
            return element(i);
        }
        if i.wants_expected_behind(0) {
            let _ = element(i);
        }
        absent()
    };
    let mut at = i;
    let mut found = match next(at) {
        Ok((after, it)) => {
            at = after;
            Some(it)
        }
        Err(_) if at.kind() == TokenKind::Comma => Some(missing(at)),
        Err(_) => None,
    };
    while let Some(it) = found.take() {
        list.push(it);
        if at.kind() == TokenKind::End || is_end(at) {
            break;
        }
        if at.kind() == TokenKind::Comma {
            at = at.skip(1);
            match next(at) {
                Ok((after, it)) => {
                    at = after;
                    found = Some(it);
                }
                Err(_) => {
                    if !shape.trailing {
                        list.push(missing(at));
                    }
                    break;
                }
            }
        } else if shape.end.is_some() {
            let mark = at.findings();
            if let Ok((after, it)) = next(at) {
                let later = at.take_findings(mark);
                at.expected("','");
                at.put_findings(later);
                at = after;
                found = Some(it);
            }
        }
    }
    if shape.some && list.is_empty() {
        list.push(missing(at));
    }
    (at, list)
}

/// Elements one after the other.
pub(super) fn list<'p, T>(
    mut i: Tokens<'p>,
    mut element: impl FnMut(Tokens<'p>) -> Res<'p, T>,
) -> (Tokens<'p>, Vec<T>) {
    let mut all = Vec::new();
    while let Ok((after, it)) = element(i) {
        // An element that reads nothing would come for ever.
        if after.position() == i.position() {
            break;
        }
        all.push(it);
        i = after;
    }
    (i, all)
}

/// What may be left out.
pub(super) fn optional<'p, T>(
    i: Tokens<'p>,
    parse: impl Parser<Tokens<'p>, Output = T, Error = Absent>,
) -> (Tokens<'p>, Option<T>) {
    let mut parse = nom::combinator::opt(parse);
    parse.parse(i).unwrap_or((i, None))
}

/// Of several readings, the one that goes furthest; the first of equals.
pub(super) fn longest<'p, T>(
    i: Tokens<'p>,
    readings: &mut [&mut dyn FnMut(Tokens<'p>) -> Res<'p, T>],
) -> Res<'p, T> {
    let mark = i.findings();
    let was_closed = i.state.expectations.as_ref().is_some_and(Expectations::is_closed);
    let mut best: Option<(Tokens<'p>, T, Vec<Diagnostic>)> = None;
    for reading in readings {
        // What one reading misses is no matter to the others.
        if let Some(expectations) = &i.state.expectations {
            expectations.close(was_closed);
        }
        if let Ok((after, it)) = reading(i) {
            let findings = i.take_findings(mark);
            if best.as_ref().is_none_or(|(furthest, ..)| after.position() > furthest.position()) {
                best = Some((after, it, findings));
            }
        }
    }
    match best {
        Some((after, it, findings)) if after.position() > i.position() => {
            i.put_findings(findings);
            Ok((after, it))
        }
        _ => absent(),
    }
}
