//! Parts to one line of text. What stands between tokens is what the formatter would put there.

use super::name::{bracketed, is_plain};
use super::parts::{Print, PrintPart, PrintParts};
use crate::syntax::lexer::lex;
use crate::syntax::spacing::{Gap, gaps};
use crate::syntax::token::TokenKind;

/// A node's text. The parts that are left wait in a list, not on the stack, so that trees may be of any depth.
pub(super) fn one_line(node: &dyn Print) -> String {
    let mut line = TokenLine::default();
    let mut parts = PrintParts::default();
    let mut left = vec![PrintPart::Node(node)];
    while let Some(part) = left.pop() {
        match part {
            PrintPart::Text(text) => line.token(text),
            PrintPart::Name(name, place) => {
                if name.bracketed || line.guard.contains(&name.text.as_str()) || !is_plain(&name.text, place)
                {
                    line.token(&bracketed(&name.text));
                } else {
                    line.token(&name.text);
                }
            }
            PrintPart::Met(_) => {}
            PrintPart::Node(node) => {
                node.print(&mut parts);
                left.extend(parts.take_reversed());
            }
            PrintPart::Glue => line.glue(),
            PrintPart::LooseSign => line.loose = LOOSE,
            PrintPart::Guard(words) => line.guard = words,
        }
    }
    line.spaced()
}

/// Tokens with a blank between any two that need not touch.
#[derive(Default)]
struct TokenLine {
    text: String,
    /// Where tokens start that do not belong to the one before.
    starts: Vec<u32>,
    glued: bool,
    /// How many tokens may still come for one of them to be a sign that stands apart.
    loose: u8,
    guard: &'static [&'static str],
}

/// The sign itself, and what follows it.
const LOOSE: u8 = 2;

impl TokenLine {
    fn token(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        if !self.glued {
            if !self.text.is_empty() {
                self.text.push(' ');
            }
            self.starts.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        }
        self.text.push_str(text);
        self.glued = false;
        self.loose = self.loose.saturating_sub(1);
        self.guard = &[];
    }

    fn glue(&mut self) {
        self.glued = self.loose != LOOSE - 1 && !self.text.is_empty();
    }

    /// The text with blanks only where the formatter has them.
    fn spaced(self) -> String {
        let (tokens, _) = lex(&self.text);
        let gaps = gaps(&self.text, &tokens);
        let mut out = String::with_capacity(self.text.len());
        let mut end = 0;
        for (token, gap) in tokens.iter().zip(gaps) {
            let range = token.span.range();
            let starts = self.starts.binary_search(&token.span.start).is_ok();
            if token.kind != TokenKind::End {
                match gap {
                    _ if !starts => out.push_str(&self.text[end..range.start]),
                    Gap::None => {}
                    Gap::Space => out.push(' '),
                    Gap::Verbatim => out.push_str(&self.text[end..range.start]),
                }
            }
            out.push_str(&self.text[range.clone()]);
            end = range.end;
        }
        out
    }
}
