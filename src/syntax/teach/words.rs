//! Ways over tokens: parts of a query, items of lists and operands around a place.
//! It must not know what is wrong there. No way is longer than [`MAX_WAY`].

use crate::source::Span;
use crate::syntax::lexer::is_line_break;
use crate::syntax::parser::{is_operator, is_word_operator};
use crate::syntax::token::{Token, TokenKind};

/// The most tokens that a way passes over; what is further off is not looked at.
const MAX_WAY: usize = 4096;

/// The tokens of a text, by number.
#[derive(Clone, Copy)]
pub(super) struct TokenView<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: &'t [Token],
}

impl<'t> TokenView<'t> {
    /// The number of the first token that begins at a place or behind it.
    pub(super) fn at(self, place: u32) -> usize {
        let last = self.tokens.len().saturating_sub(1);
        self.tokens.partition_point(|token| token.span.start < place).min(last)
    }

    pub(super) fn kind(self, at: usize) -> TokenKind {
        self.tokens.get(at).map_or(TokenKind::End, |token| token.kind)
    }

    pub(super) fn span(self, at: usize) -> Span {
        let last = || self.tokens.last().map(|token| token.span).unwrap_or_default();
        self.tokens.get(at).map_or_else(last, |token| token.span)
    }

    /// The place in front of a token.
    pub(super) fn before(self, at: usize) -> Span {
        let start = self.span(at).start;
        Span { start, end: start }
    }

    /// The text of a token.
    pub(super) fn word(self, at: usize) -> &'t str {
        self.text.get(self.span(at).range()).unwrap_or("")
    }

    /// A token is this word, in any case.
    pub(super) fn is(self, at: usize, word: &str) -> bool {
        self.word(at).eq_ignore_ascii_case(word)
    }

    /// Where some tokens stand in the text.
    pub(super) fn range(self, from: usize, to: usize) -> Span {
        let start = self.span(from).start;
        let end = to.checked_sub(1).map_or(start, |last| self.span(last).end);
        Span { start, end: end.max(start) }
    }

    /// The text of some tokens, with what is between them.
    pub(super) fn slice(self, from: usize, to: usize) -> &'t str {
        self.text.get(self.range(from, to).range()).unwrap_or("")
    }

    /// A token stands right behind the one before it.
    pub(super) fn is_adjacent(self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|before| self.span(before).end == self.span(at).start)
    }

    /// A token is the first of its line.
    pub(super) fn begins_line(self, at: usize) -> bool {
        let before = at.checked_sub(1).map_or(0, |before| self.span(before).end);
        self.text
            .get(before as usize..self.span(at).start as usize)
            .is_some_and(|gap| gap.contains(is_line_break))
    }

    pub(super) fn is_word(self, at: usize) -> bool {
        matches!(self.kind(at), TokenKind::Word(_))
    }

    /// A word that may be an operand: no operator, and none of the words between operands.
    fn is_operand_word(self, at: usize) -> bool {
        let word = self.word(at).to_ascii_lowercase();
        let begins_part = || {
            at.checked_sub(1).is_none_or(|before| {
                matches!(self.kind(before), TokenKind::Bar | TokenKind::Semicolon | TokenKind::OpenParen)
            })
        };
        let is_between = matches!(
            word.as_str(),
            "by" | "on" | "with" | "not" | "when" | "then" | "else" | "to" | "from" | "step"
        );
        let is_operator_here = is_operator(self.word(at)) && begins_part();
        self.is_word(at) && !is_word_operator(&word) && !is_between && !is_operator_here
    }

    pub(super) fn is_literal(self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is_literal())
    }

    fn opens(self, at: usize) -> bool {
        matches!(self.kind(at), TokenKind::OpenParen | TokenKind::OpenBracket | TokenKind::OpenBrace)
    }

    fn closes(self, at: usize) -> bool {
        matches!(self.kind(at), TokenKind::CloseParen | TokenKind::CloseBracket | TokenKind::CloseBrace)
    }

    /// The tokens before one, the nearest first, and how deep they are in brackets that are closed on the way;
    /// an opening bracket that is not closed is at depth -1, and what is before it goes on from 0.
    fn back(self, from: usize) -> impl Iterator<Item = (usize, i32)> {
        let mut depth = 0;
        (0..from).rev().take(MAX_WAY).map(move |at| {
            if self.closes(at) {
                depth += 1;
            } else if self.opens(at) {
                let told = depth - 1;
                depth = told.max(0);
                return (at, told);
            }
            (at, depth)
        })
    }

    /// The tokens from one on, in the same way: a closing bracket that nothing opened is at depth -1.
    fn ahead(self, from: usize) -> impl Iterator<Item = (usize, i32)> {
        let mut depth = 0;
        (from..self.tokens.len()).take(MAX_WAY).map(move |at| {
            if self.opens(at) {
                depth += 1;
            } else if self.closes(at) {
                let told = depth - 1;
                depth = told.max(0);
                return (at, told);
            }
            (at, depth)
        })
    }

    /// The first token of the operator or statement that a token is in.
    pub(super) fn part(self, at: usize) -> usize {
        let ends = |at: usize| matches!(self.kind(at), TokenKind::Bar | TokenKind::Semicolon);
        let mut first = at;
        for (at, depth) in self.back(at) {
            if depth <= 0 && ends(at) {
                return at + 1;
            }
            first = at;
        }
        first
    }

    /// The part that a token is in is the first of its statement.
    pub(super) fn is_first_part(self, part: usize) -> bool {
        part.checked_sub(1).is_none_or(|before| self.kind(before) == TokenKind::Semicolon)
    }

    /// Behind the last token of the part that a token is in.
    pub(super) fn part_end(self, from: usize) -> usize {
        use TokenKind::{Bar, End, Semicolon};
        let mut ways = self.ahead(from);
        let end = ways.find(|(at, depth)| {
            *depth < 0 || self.kind(*at) == End || (*depth == 0 && matches!(self.kind(*at), Bar | Semicolon))
        });
        end.map_or(from, |(at, _)| at)
    }

    /// Where a mistake at a token is over for the parser: the next comma beside it, pipe, semicolon, or operator on a line of
    /// its own.
    pub(super) fn recovery(self, from: usize) -> usize {
        use TokenKind::{Bar, Comma, End, Semicolon};
        let mut outside = false;
        for (at, depth) in self.ahead(from) {
            outside |= depth < 0;
            let is_over = match self.kind(at) {
                Bar | Semicolon | End => true,
                Comma => depth == 0 && !outside,
                // What is wrong with the operator there is told.
                _ if at > from && self.begins_line(at) && is_operator(self.word(at)) => return at - 1,
                _ => false,
            };
            if is_over {
                return at;
            }
        }
        from
    }

    /// The first token of the item of a list that ends before a token.
    pub(super) fn item_start(self, before: usize, part: usize) -> usize {
        let mut first = before;
        for (at, depth) in self.back(before) {
            let stops = depth < 0
                || (depth == 0
                    && (self.kind(at) == TokenKind::Comma
                        || matches!(self.word(at), "by" | "on" | "and" | "or")))
                || at < part
                || (at == part && is_operator(self.word(at)));
            if stops {
                return first;
            }
            first = at;
        }
        first
    }

    /// The first token of the operand that ends before a token, if one does.
    pub(super) fn operand_start(self, before: usize) -> Option<usize> {
        let mut at = before;
        loop {
            let last = at.checked_sub(1)?;
            if self.closes(last) {
                let open = self.back(last).find(|(at, depth)| *depth < 0 && self.opens(*at))?.0;
                at = open;
                // The name of a call, or what is indexed, belongs to it.
                if open > 0 && (self.is_word(open - 1) || self.closes(open - 1)) && self.is_adjacent(open) {
                    continue;
                }
            } else if self.is_operand_word(last) || self.is_literal(last) {
                at = last;
            } else {
                return None;
            }
            if at > 0 && self.kind(at - 1) == TokenKind::Dot {
                at -= 1;
                continue;
            }
            return Some(at);
        }
    }

    /// Behind the operand that begins at a token, if one does.
    pub(super) fn operand_end(self, from: usize) -> Option<usize> {
        let mut at = from;
        if self.kind(at) == TokenKind::Minus {
            at += 1;
        }
        if self.is_word(at) || self.is_literal(at) {
            at += 1;
        } else if self.kind(at) != TokenKind::OpenParen {
            return None;
        }
        loop {
            match self.kind(at) {
                TokenKind::OpenParen | TokenKind::OpenBracket if at == from || self.is_adjacent(at) => {
                    at = self.close(at)? + 1;
                }
                TokenKind::Dot if self.is_word(at + 1) => at += 2,
                _ => return Some(at),
            }
        }
    }

    /// The bracket that closes the one at a token.
    pub(super) fn close(self, open: usize) -> Option<usize> {
        self.ahead(open + 1).find(|(_, depth)| *depth < 0).map(|(at, _)| at)
    }

    /// The bracket that opens the one that a token is in.
    pub(super) fn open(self, before: usize) -> Option<usize> {
        self.back(before).find(|(_, depth)| *depth < 0).map(|(at, _)| at)
    }

    /// The first token of a kind that is in no further bracket, before the part or the bracket ends.
    pub(super) fn find(self, from: usize, is: impl Fn(usize) -> bool) -> Option<usize> {
        use TokenKind::{Bar, End, Semicolon};
        let ends = |at: usize| matches!(self.kind(at), Bar | Semicolon | End);
        self.ahead(from)
            .take_while(|(at, depth)| *depth >= 0 && !(*depth == 0 && ends(*at)))
            .find(|(at, depth)| *depth == 0 && is(*at))
            .map(|(at, _)| at)
    }

    /// Behind the tokens that a phrase is written with, in any case, if they begin at a token. A blank in the phrase is a
    /// gap between tokens; what has no blank may be several tokens without a gap.
    pub(super) fn phrase_end(self, from: usize, phrase: &str) -> Option<usize> {
        let mut at = from;
        for piece in phrase.split(' ') {
            let first = at;
            let mut left = piece;
            while !left.is_empty() {
                let word = self.word(at);
                let head = left.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word));
                if word.is_empty() || head.is_none() || (at > first && !self.is_adjacent(at)) {
                    return None;
                }
                left = left.get(word.len()..)?;
                at += 1;
            }
        }
        Some(at)
    }
}
