//! Which tokens stand together in canonical text. Where it tells one tree from another whether two tokens touch, they
//! go on touching, or not.

use super::keyword::{compound_keywords, keyword};
use super::token::{NameUse, Token, TokenKind};

/// What stands before a token that does not start a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Gap {
    /// Nothing.
    None,
    /// A blank.
    Space,
    /// What stood there in the source: strings that are one text keep what is between them.
    Verbatim,
}

/// One level of brackets.
struct Level<'t> {
    /// The operator that is being read, or the word before the bracket.
    operator: &'t str,
    /// The operator whose list the brackets hold.
    within: &'t str,
    /// The word right before the bracket.
    opener: &'t str,
    bracket: TokenKind,
    /// Within `dynamic(…)`.
    json: bool,
    /// Braces that hold statements or a query.
    block: bool,
}

/// Operators whose names may hold wildcards, where a star that touches a name is part of it.
const WILDCARDS: &[&str] =
    &["project-away", "project-keep", "project-reorder", "union", "find", "search", "access", "macro-expand"];

/// Operators with arrows.
const GRAPHS: &[&str] = &["graph-match", "graph-shortest-paths", "make-graph"];

/// Operators that `name=value` may follow directly.
const WITH_PARAMETERS: &[&str] = &[
    "as",
    "consume",
    "distinct",
    "evaluate",
    "facet",
    "find",
    "getschema",
    "graph-mark-components",
    "graph-match",
    "graph-shortest-paths",
    "join",
    "lookup",
    "macro-expand",
    "make-graph",
    "make-series",
    "mv-apply",
    "mv-expand",
    "mvexpand",
    "order",
    "parse",
    "parse-where",
    "partition",
    "reduce",
    "sample",
    "sample-distinct",
    "scan",
    "search",
    "sort",
    "summarize",
    "top",
    "union",
];

/// The names of such parameters, beside `hint.…`.
const PARAMETERS: &[&str] = &[
    "kind",
    "withsource",
    "with_source",
    "isfuzzy",
    "best_effort",
    "bagexpansion",
    "with_itemindex",
    "flags",
    "with_match_id",
    "with_step_name",
    "cycles",
    "output",
    "decodeblocks",
    "with_component_id",
    "datascope",
];

/// Keywords that are called like functions.
const CALLED: &[&str] = &[
    "bin",
    "count",
    "database",
    "dynamic",
    "graph",
    "materialize",
    "not",
    "pack",
    "query_parameters",
    "range",
    "toscalar",
    "totable",
    "typeof",
    "entity_group",
    "datetime_pattern",
];

/// What stands before each token.
pub(super) fn gaps(text: &str, tokens: &[Token]) -> Vec<Gap> {
    let mut spacing = Spacing {
        text,
        tokens,
        levels: vec![Level {
            operator: "",
            within: "",
            opener: "",
            bracket: TokenKind::End,
            json: false,
            block: true,
        }],
        closed: "",
        parameter: Vec::new(),
        braced: 0,
        glued: 0,
    };
    (0..tokens.len()).map(|at| spacing.gap(at)).collect()
}

struct Spacing<'t> {
    text: &'t str,
    tokens: &'t [Token],
    levels: Vec<Level<'t>>,
    /// The word before the group that was closed last.
    closed: &'t str,
    /// Tokens of `name=value`: the sign and the value.
    parameter: Vec<usize>,
    /// The tokens before this one belong to `{name}`.
    braced: usize,
    /// Tokens before this byte make up what would be a keyword if they did not run on: they go on touching.
    glued: u32,
}

impl<'t> Spacing<'t> {
    fn kind(&self, at: usize) -> TokenKind {
        self.tokens.get(at).map_or(TokenKind::End, |token| token.kind)
    }

    fn word(&self, at: usize) -> &'t str {
        match self.tokens.get(at) {
            Some(token) => &self.text[token.span.range()],
            None => "",
        }
    }

    fn touches(&self, at: usize) -> bool {
        at > 0 && self.tokens[at - 1].span.end == self.tokens[at].span.start
    }

    /// The token is an operator at its place: it comes first, or behind a pipe or a semicolon.
    fn is_operator(&self, at: usize) -> bool {
        // Behind an equals sign a keyword is a value more often than the start of a query.
        if at > 0 && self.kind(at - 1) == TokenKind::Equal {
            return matches!(
                self.word(at),
                "evaluate" | "find" | "macro-expand" | "print" | "search" | "union"
            );
        }
        let is_behind_pipe = at > 0 && self.kind(at - 1) == TokenKind::Bar;
        self.tokens.get(at).is_some_and(|token| token.is_keyword())
            && (is_behind_pipe || !CALLED.contains(&self.word(at)))
            && (at == 0
                || matches!(
                    self.kind(at - 1),
                    TokenKind::Bar
                        | TokenKind::Semicolon
                        | TokenKind::OpenParen
                        | TokenKind::OpenBrace
                        | TokenKind::Directive
                ))
    }

    fn operator(&self) -> &'t str {
        self.levels.last().map_or("", |level| level.operator)
    }

    fn is_json(&self) -> bool {
        self.levels.last().is_some_and(|level| level.json)
    }

    fn gap(&mut self, at: usize) -> Gap {
        let gap = if at == 0 { Gap::None } else { self.between(at) };
        self.advance(at);
        gap
    }

    fn between(&self, at: usize) -> Gap {
        use TokenKind::*;
        let (before, kind) = (self.kind(at - 1), self.kind(at));
        let space = |yes: bool| if yes { Gap::Space } else { Gap::None };
        let kept = || space(!self.touches(at));
        if before == String && kind == String {
            return Gap::Verbatim;
        }
        if at < self.braced || (self.tokens[at].span.start < self.glued && self.touches(at)) {
            return Gap::None;
        }
        let is_arrow =
            |kind| matches!(kind, Minus | Less | Greater | OpenBracket | CloseBracket | Star | DotDot);
        if GRAPHS.contains(&self.operator()) && (is_arrow(before) || is_arrow(kind)) {
            return kept();
        }
        let in_brackets = self.levels.last().is_some_and(|level| level.bracket == OpenBracket);
        let within = self.levels.last().map_or("", |level| level.within);
        let is_part = |kind| matches!(kind, Star | Word(_) | Long);
        if (before == Star || kind == Star)
            && is_part(before)
            && is_part(kind)
            && (WILDCARDS.contains(&self.operator()) || WILDCARDS.contains(&within) || in_brackets)
        {
            return kept();
        }
        match kind {
            // A point that touches a number belongs to it.
            Dot if matches!(before, Long | Real) => return Gap::Space,
            // Together they may make up a keyword such as hint.strategy.
            Dot if self.word(at - 1) == "hint" => return kept(),
            Colon if before == CloseParen => return space(self.operator() == "evaluate"),
            Comma | Semicolon | CloseParen | CloseBracket | Dot | Colon | End => return Gap::None,
            CloseBrace => {
                let is_block = self.levels.last().is_some_and(|level| level.block);
                return space(is_block && before != OpenBrace);
            }
            Equal if self.parameter.contains(&at) => return Gap::None,
            _ => {}
        }
        match before {
            OpenParen | OpenBracket | Dot => return Gap::None,
            OpenBrace => return space(self.levels.last().is_some_and(|level| level.block)),
            Equal if self.parameter.contains(&at) => return Gap::None,
            Minus | Plus if self.is_sign(at - 1) => return kept(),
            _ => {}
        }
        match kind {
            OpenParen => space(!self.is_called(at - 1)),
            OpenBracket => space(!self.is_indexed(at - 1)),
            _ => Gap::Space,
        }
    }

    /// `+` or `-` before an operand rather than between two.
    fn is_sign(&self, at: usize) -> bool {
        use TokenKind::*;
        if at == 0 {
            return true;
        }
        match self.kind(at - 1) {
            Word(_) => !self.is_operand_word(at - 1),
            CloseParen | CloseBracket | CloseBrace => false,
            _ => !self.tokens[at - 1].is_literal(),
        }
    }

    /// A word that is a name or the like, as far as its kind tells.
    fn is_operand_word(&self, at: usize) -> bool {
        let is_name =
            matches!(self.kind(at), TokenKind::Word(NameUse::Plain | NameUse::Anywhere | NameUse::Special));
        is_name
            && !self.is_operator(at)
            && !matches!(self.word(at), "from" | "step" | "on" | "with" | "default")
    }

    /// A parenthesis behind the token holds arguments.
    fn is_called(&self, at: usize) -> bool {
        match self.kind(at) {
            TokenKind::Word(NameUse::Plain) => {
                let before = if at > 0 { self.word(at - 1) } else { "" };
                // A subquery follows the key of `partition by key (…)`.
                let is_key = before == "by" && self.operator() == "partition";
                !self.parameter.contains(&at) && !is_key && !matches!(before, "as" | "partitioned-by")
            }
            TokenKind::Word(_) => CALLED.contains(&self.word(at)) && !self.parameter.contains(&at),
            TokenKind::CloseBracket => true,
            _ => false,
        }
    }

    /// A bracket behind the token holds an index.
    fn is_indexed(&self, at: usize) -> bool {
        match self.kind(at) {
            TokenKind::Word(_) => self.is_operand_word(at) && self.word(at) != "entity_group",
            TokenKind::CloseParen => !matches!(self.closed, "datatable" | "externaldata" | "external_data"),
            TokenKind::CloseBracket | TokenKind::CloseBrace => true,
            _ => false,
        }
    }

    /// Takes note of a token for those behind it.
    fn advance(&mut self, at: usize) {
        use TokenKind::*;
        if self.kind(at) == Word(NameUse::Plain) && keyword(self.word(at)).is_some() {
            let start = self.tokens[at].span.start;
            let rest = &self.text[start as usize..];
            let run = compound_keywords(self.word(at)).find(|text| rest.starts_with(text));
            self.glued = start + run.map_or(0, |text| text.len() as u32 + 1);
        }
        if self.is_operator(at) {
            let word = self.word(at);
            if let Some(level) = self.levels.last_mut() {
                level.operator = word;
            }
            if WITH_PARAMETERS.contains(&word) {
                self.mark_parameters(at + 1);
            }
        }
        if matches!(self.word(at), "toscalar" | "totable") {
            self.mark_parameters(at + 1);
        }
        match self.kind(at) {
            kind @ (OpenParen | OpenBracket | OpenBrace) => {
                let opener = if at > 0 { self.word(at - 1) } else { "" };
                let operator = self.operator();
                // In the lists of these operators their own rules go on.
                let goes_on = matches!(opener, "in" | "to")
                    || matches!(operator, "graph-match" | "graph-shortest-paths");
                let json = self.is_json() || opener == "dynamic";
                let operator = if goes_on { operator } else { "" };
                if kind == OpenBrace {
                    self.mark_braced(at);
                }
                self.levels.push(Level {
                    operator,
                    within: operator,
                    opener,
                    bracket: kind,
                    json,
                    block: !json,
                });
            }
            CloseParen | CloseBracket | CloseBrace if self.levels.len() > 1 => {
                self.closed = self.levels.pop().map_or("", |level| level.opener);
            }
            Bar | Semicolon => {
                if let Some(level) = self.levels.last_mut() {
                    level.operator = "";
                }
            }
            Word(_) if matches!(self.word(at), "access") => {
                if let Some(level) = self.levels.last_mut() {
                    level.operator = "access";
                }
            }
            _ => {}
        }
    }

    /// Marks the sign and the value of each `name=value` from here on.
    fn mark_parameters(&mut self, from: usize) {
        let mut at = from;
        while let TokenKind::Word(_) = self.kind(at) {
            let word = self.word(at);
            let is_name = PARAMETERS.contains(&word) || word.starts_with("hint.");
            if !is_name || self.kind(at + 1) != TokenKind::Equal {
                return;
            }
            self.parameter.extend([at + 1, at + 2]);
            at += 3;
        }
    }

    /// Marks the tokens of `{name}` or `{name[1]}`, which have to touch.
    fn mark_braced(&mut self, open: usize) {
        use TokenKind::*;
        let mut at = open + 1;
        if !matches!(self.kind(at), Word(_)) || !self.touches(at) {
            return;
        }
        at += 1;
        if self.kind(at) == OpenBracket {
            while self.touches(at) && self.kind(at) != CloseBracket {
                at += 1;
            }
            at += 1;
        }
        if self.kind(at) == CloseBrace && (open + 2..=at).all(|inner| self.touches(inner)) {
            self.braced = at + 1;
        }
    }
}
