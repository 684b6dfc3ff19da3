//! Finds `match` expressions over an enum that have an arm for every other variant. It must not know which enums matter.

use super::source::{Token, closing};

/// The arms that take every other variant, of those matches that name a variant of one of the enums: what is matched.
///
/// An enum of the syntax tree is named `ast::Expr`, and is none of them.
pub fn wildcards(tokens: &[Token], enums: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|&at| tokens[at].is_word("match")) {
        let Some(open) = body(tokens, at + 1) else { continue };
        let patterns = patterns(&tokens[open + 1..closing(tokens, open)]);
        let named = patterns.iter().any(|(pattern, _)| names(pattern, enums));
        if named && patterns.iter().any(|(pattern, guarded)| !guarded && is_wildcard(pattern)) {
            found.push(shown(&tokens[at..open]));
        }
    }
    found
}

/// Where the arms of a `match` begin.
fn body(tokens: &[Token], mut at: usize) -> Option<usize> {
    loop {
        match tokens.get(at)? {
            Token::Sign('{') => return Some(at),
            Token::Sign('(' | '[') => at = closing(tokens, at) + 1,
            Token::Sign('}' | ')' | ']' | ';') => return None,
            _ => at += 1,
        }
    }
}

/// The patterns of arms, and whether they have a guard: then the compiler asks for the rest all the same.
fn patterns(arms: &[Token]) -> Vec<(&[Token], bool)> {
    let (mut found, mut at, mut start) = (Vec::new(), 0, 0);
    while at < arms.len() {
        if arms[at..].starts_with(&[Token::Sign('='), Token::Sign('>')]) {
            // What a list of types in the arm before left over ends at the last comma.
            let pattern = &arms[start..at];
            let begin = outside(pattern).rfind(|&at| pattern[at] == Token::Sign(',')).map_or(0, |at| at + 1);
            let pattern = &pattern[begin..];
            match outside(pattern).find(|&at| pattern[at].is_word("if")) {
                Some(guard) => found.push((&pattern[..guard], true)),
                None => found.push((pattern, false)),
            }
            at += 2;
            if arms.get(at) == Some(&Token::Sign('{')) {
                at = closing(arms, at) + 1;
            } else {
                while at < arms.len() && arms[at] != Token::Sign(',') {
                    at = if opens(&arms[at]) { closing(arms, at) + 1 } else { at + 1 };
                }
            }
            start = at;
        } else {
            at = if opens(&arms[at]) { closing(arms, at) + 1 } else { at + 1 };
        }
    }
    found
}

fn opens(token: &Token) -> bool {
    matches!(token, Token::Sign('(' | '[' | '{'))
}

/// The places of tokens that stand in no bracket.
fn outside(tokens: &[Token]) -> impl DoubleEndedIterator<Item = usize> {
    let (mut places, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        places.push(at);
        at = if opens(&tokens[at]) { closing(tokens, at) + 1 } else { at + 1 };
    }
    places.into_iter()
}

/// A variant of one of the enums stands in the pattern.
fn names(pattern: &[Token], enums: &[&str]) -> bool {
    pattern.windows(2).enumerate().any(|(at, pair)| {
        let [Token::Word(word), Token::Path] = pair else { return false };
        let of_the_tree = at >= 2 && pattern[at - 1] == Token::Path && pattern[at - 2].is_word("ast");
        enums.contains(&word.as_str()) && !of_the_tree
    })
}

/// The pattern, or one of its alternatives, fits everything.
fn is_wildcard(pattern: &[Token]) -> bool {
    let bars: Vec<usize> = outside(pattern).filter(|&at| pattern[at] == Token::Sign('|')).collect();
    let starts = std::iter::once(0).chain(bars.iter().map(|at| at + 1));
    let ends = bars.iter().copied().chain(std::iter::once(pattern.len()));
    starts.zip(ends).any(|(start, end)| fits_everything(&pattern[start..end]))
}

fn fits_everything(pattern: &[Token]) -> bool {
    match pattern {
        [Token::Word(name)] => name.starts_with(|c: char| c == '_' || c.is_lowercase()),
        [Token::Sign('('), inner @ .., Token::Sign(')')] => {
            inner.split(|it| *it == Token::Sign(',')).all(|it| it.is_empty() || fits_everything(it))
        }
        _ => false,
    }
}

fn shown(tokens: &[Token]) -> String {
    let word = |token: &Token| match token {
        Token::Word(word) => format!(" {word}"),
        Token::Path => "::".to_owned(),
        Token::Sign(sign) => sign.to_string(),
    };
    tokens.iter().map(word).collect::<String>().trim_start().to_owned()
}
