//! Reads Rust sources as far as the invariants need it: tokens without comments, texts and tests; what a file imports,
//! re-exports, names in paths and defines. What macros make of their arguments is not seen. It must not know files, nor what
//! is allowed.

use std::collections::{BTreeMap, BTreeSet};

/// A word or a sign. Literals, comments and lifetimes are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Word(String),
    /// `::`
    Path,
    Sign(char),
}

impl Token {
    pub fn is_word(&self, word: &str) -> bool {
        matches!(self, Self::Word(it) if it == word)
    }
}

/// Splits a source into tokens.
pub fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let get = |at: usize| chars.get(at).copied().unwrap_or('\0');
    let (mut found, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let char = get(at);
        if char == '/' && get(at + 1) == '/' {
            while at < chars.len() && get(at) != '\n' {
                at += 1;
            }
        } else if char == '/' && get(at + 1) == '*' {
            let mut depth = 0;
            while at < chars.len() {
                match (get(at), get(at + 1)) {
                    ('/', '*') => (depth, at) = (depth + 1, at + 2),
                    ('*', '/') => (depth, at) = (depth - 1, at + 2),
                    _ => at += 1,
                }
                if depth == 0 {
                    break;
                }
            }
        } else if char == '"' {
            at = text_end(&chars, at);
        } else if char == '\'' {
            at = quote_end(&chars, at);
        } else if char.is_ascii_digit() {
            while get(at).is_ascii_alphanumeric() || get(at) == '_' {
                at += 1;
            }
        } else if char.is_alphabetic() || char == '_' {
            let start = at;
            while get(at).is_alphanumeric() || get(at) == '_' {
                at += 1;
            }
            let word: String = chars[start..at].iter().collect();
            let raw = matches!(word.as_str(), "r" | "br" | "cr");
            if raw && (get(at) == '"' || (get(at) == '#' && matches!(get(at + 1), '"' | '#'))) {
                at = raw_text_end(&chars, at);
            } else if matches!(word.as_str(), "b" | "c") && get(at) == '"' {
                at = text_end(&chars, at);
            } else if word == "b" && get(at) == '\'' {
                at = quote_end(&chars, at);
            } else if word == "r" && get(at) == '#' {
                // A raw name: the word follows.
                at += 1;
            } else {
                found.push(Token::Word(word));
            }
        } else if char == ':' && get(at + 1) == ':' {
            found.push(Token::Path);
            at += 2;
        } else {
            if !char.is_whitespace() {
                found.push(Token::Sign(char));
            }
            at += 1;
        }
    }
    found
}

fn text_end(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn raw_text_end(chars: &[char], start: usize) -> usize {
    let hashes = chars[start..].iter().take_while(|char| **char == '#').count();
    let mut at = start + hashes + 1;
    while at < chars.len() {
        let closes = chars[at] == '"'
            && chars[at + 1..].iter().take(hashes).filter(|it| **it == '#').count() == hashes;
        at += 1;
        if closes {
            return at + hashes;
        }
    }
    at
}

/// The end of a character, or of a lifetime.
fn quote_end(chars: &[char], start: usize) -> usize {
    let get = |at: usize| chars.get(at).copied().unwrap_or('\0');
    if get(start + 1) == '\\' {
        let mut at = start + 3;
        while at < chars.len() && get(at) != '\'' {
            at += 1;
        }
        return at + 1;
    }
    if get(start + 2) == '\'' {
        return start + 3;
    }
    let mut at = start + 1;
    while get(at).is_alphanumeric() || get(at) == '_' {
        at += 1;
    }
    at
}

/// The tokens without the items that only tests have.
pub fn without_tests(tokens: &[Token]) -> Vec<Token> {
    without_items(tokens, |attribute| mentions(attribute, "test") && !mentions(attribute, "not"))
}

/// The tokens without items that stand for others where a feature or a system is missing: `#[cfg(not(…))]`.
pub fn without_alternatives(tokens: &[Token]) -> Vec<Token> {
    without_items(tokens, |attribute| mentions(attribute, "not"))
}

/// The tokens without the items whose `cfg` attribute is one of those to drop.
fn without_items(tokens: &[Token], drops: impl Fn(&[Token]) -> bool) -> Vec<Token> {
    let (mut kept, mut at) = (Vec::new(), 0);
    while at < tokens.len() {
        match attribute(tokens, at) {
            Some((inside, end)) if inside.first().is_some_and(|it| it.is_word("cfg")) && drops(inside) => {
                at = item_end(tokens, end);
            }
            _ => {
                kept.push(tokens[at].clone());
                at += 1;
            }
        }
    }
    kept
}

fn mentions(attribute: &[Token], word: &str) -> bool {
    attribute.iter().any(|it| it.is_word(word))
}

/// What an attribute that begins at a place says, and the place after it.
fn attribute(tokens: &[Token], at: usize) -> Option<(&[Token], usize)> {
    if tokens.get(at) != Some(&Token::Sign('#')) || tokens.get(at + 1) != Some(&Token::Sign('[')) {
        return None;
    }
    let end = closing(tokens, at + 1);
    Some((&tokens[at + 2..end], end + 1))
}

/// The place after the item that begins at a place.
fn item_end(tokens: &[Token], mut at: usize) -> usize {
    while at < tokens.len() {
        match tokens[at] {
            Token::Sign(';') => return at + 1,
            Token::Sign('{') => return closing(tokens, at) + 1,
            Token::Sign('[' | '(') => at = closing(tokens, at) + 1,
            _ => at += 1,
        }
    }
    at
}

/// The bracket that closes the one at a place.
pub fn closing(tokens: &[Token], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(start) {
        match token {
            Token::Sign('(' | '[' | '{') => depth += 1,
            Token::Sign(')' | ']' | '}') => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

/// A file's view of names.
#[derive(Debug, Default)]
pub struct Names {
    /// Names that `use` brings in → the path.
    pub uses: BTreeMap<String, Vec<String>>,
    /// Those of them that are re-exported.
    pub reexports: BTreeSet<String>,
    /// Paths whose every name is brought in.
    pub globs: Vec<Vec<String>>,
    /// Paths of at least two names, wherever they stand outside of `use`.
    pub paths: BTreeSet<Vec<String>>,
    /// All words outside of `use`.
    pub words: BTreeSet<String>,
    /// Items at the top of the file.
    pub items: BTreeSet<String>,
    /// Structs, enums, traits and type aliases, wherever they stand.
    pub types: Vec<String>,
}

/// Reads a file's tokens, which [`without_tests`] gave.
pub fn names(tokens: &[Token]) -> Names {
    let mut names = Names::default();
    // The places where the modules that are written out in this file end.
    let mut inline: Vec<usize> = Vec::new();
    // The places where implementations and traits end, whose `type` is an associated one.
    let mut associated: Vec<usize> = Vec::new();
    // The variants of enums are declared, not used.
    let mut variants: BTreeSet<usize> = BTreeSet::new();
    let (mut at, mut depth) = (0, 0_usize);
    while at < tokens.len() {
        inline.retain(|end| at < *end);
        associated.retain(|end| at < *end);
        let next = tokens.get(at + 1);
        let word = match &tokens[at] {
            Token::Sign('{') => {
                (depth, at) = (depth + 1, at + 1);
                continue;
            }
            Token::Sign('}') => {
                (depth, at) = (depth.saturating_sub(1), at + 1);
                continue;
            }
            Token::Word(word) => word.as_str(),
            _ => {
                at += 1;
                continue;
            }
        };
        if word == "use" && matches!(next, Some(Token::Word(_) | Token::Path | Token::Sign('{'))) {
            let public = at > 0 && (tokens[at - 1].is_word("pub") || tokens[at - 1] == Token::Sign(')'));
            let mut leaves = Vec::new();
            at = use_tree(tokens, at + 1, &[], &mut leaves);
            for (path, name) in leaves {
                let path = leave(path, inline.len());
                match name {
                    None => names.globs.push(path),
                    Some(name) => {
                        if public {
                            names.reexports.insert(name.clone());
                        }
                        names.uses.insert(name, path);
                    }
                }
            }
            continue;
        }
        if let Some(Token::Word(name)) = next {
            let begins_item =
                matches!(word, "struct" | "enum" | "trait" | "type" | "fn" | "const" | "static" | "mod")
                    && !matches!(at.checked_sub(1).map(|at| &tokens[at]), Some(Token::Sign('\'' | '*')));
            if begins_item && depth == inline.len() {
                names.items.insert(name.clone());
            }
            let is_type =
                matches!(word, "struct" | "enum" | "trait") || (word == "type" && associated.is_empty());
            if is_type {
                names.types.push(name.clone());
            }
            if word == "enum" {
                variants.extend(variants_of(tokens, at));
            }
            if word == "mod" && tokens.get(at + 2) == Some(&Token::Sign('{')) {
                inline.push(closing(tokens, at + 2));
                (depth, at) = (depth + 1, at + 3);
                continue;
            }
        }
        if word == "macro_rules"
            && let Some(Token::Word(name)) = tokens.get(at + 2)
        {
            names.items.insert(name.clone());
        }
        // `impl Trait` as a type is followed by no block of its own before the function's.
        let before = at.checked_sub(1).map(|at| &tokens[at]);
        let begins_block = matches!(before, None | Some(Token::Sign('}' | ';' | ']' | '{')))
            || before.is_some_and(|it| it.is_word("pub") || it == &Token::Sign(')'))
            // What a macro repeats: `$(impl …)*`.
            || at >= 2 && tokens[at - 2..at] == [Token::Sign('$'), Token::Sign('(')];
        if (word == "impl" || word == "trait")
            && begins_block
            && let Some(open) = (at..tokens.len()).find(|at| tokens[*at] == Token::Sign('{'))
        {
            associated.push(closing(tokens, open));
        }
        // A path, or a word alone.
        let continues = matches!(before, Some(Token::Path | Token::Sign('.')));
        let declared = variants.contains(&at);
        let mut path = vec![word.to_owned()];
        at += 1;
        while let (Some(Token::Path), Some(Token::Word(name))) = (tokens.get(at), tokens.get(at + 1)) {
            path.push(name.clone());
            at += 2;
        }
        if !continues && !declared {
            names.words.insert(path[0].clone());
            if path.len() > 1 {
                names.paths.insert(leave(path, inline.len()));
            }
        }
    }
    names
}

/// The places of the names of an enum's variants.
fn variants_of(tokens: &[Token], start: usize) -> Vec<usize> {
    let Some(open) = (start..tokens.len()).find(|at| tokens[*at] == Token::Sign('{')) else {
        return Vec::new();
    };
    let end = closing(tokens, open);
    let (mut found, mut at, mut begins) = (Vec::new(), open + 1, true);
    while at < end {
        match &tokens[at] {
            Token::Sign('#') if begins => at = closing(tokens, at + 1),
            Token::Word(_) if begins => {
                found.push(at);
                begins = false;
            }
            Token::Sign('(' | '[' | '{') => at = closing(tokens, at),
            Token::Sign(',') => begins = true,
            _ => {}
        }
        at += 1;
    }
    found
}

/// A path from within modules that are written out in the file, as one from the file's module.
fn leave(path: Vec<String>, inline: usize) -> Vec<String> {
    let supers = path.iter().take_while(|name| *name == "super").count();
    if inline == 0 || supers == 0 {
        return path;
    }
    let mut from_file = vec!["self".to_owned()];
    from_file.extend(path.into_iter().skip(supers.min(inline)));
    // What goes up further does so from the file.
    if from_file.get(1).is_some_and(|name| name == "super") {
        from_file.remove(0);
    }
    from_file
}

/// Reads a tree of imports: each path with the name that it gets here, or none if it ends in `*`.
fn use_tree(
    tokens: &[Token],
    mut at: usize,
    before: &[String],
    leaves: &mut Vec<(Vec<String>, Option<String>)>,
) -> usize {
    let mut path = before.to_vec();
    loop {
        match tokens.get(at) {
            Some(Token::Path) => at += 1,
            Some(Token::Word(word)) if word == "as" => {
                if let Some(Token::Word(name)) = tokens.get(at + 1) {
                    leaves.push((path, Some(name.clone())));
                }
                return at + 2;
            }
            Some(Token::Word(word)) => {
                // `a::{self}` is `a`.
                if word != "self" || path.is_empty() {
                    path.push(word.clone());
                }
                at += 1;
                if !matches!(tokens.get(at), Some(Token::Path))
                    && !tokens.get(at).is_some_and(|it| it.is_word("as"))
                {
                    let name = path.last().cloned();
                    leaves.push((path, name));
                    return at;
                }
            }
            Some(Token::Sign('*')) => {
                leaves.push((path, None));
                return at + 1;
            }
            Some(Token::Sign('{')) => {
                let end = closing(tokens, at);
                at += 1;
                while at < end {
                    at = use_tree(tokens, at, &path, leaves);
                    if tokens.get(at) == Some(&Token::Sign(',')) {
                        at += 1;
                    }
                }
                return end + 1;
            }
            _ => return at + 1,
        }
    }
}
