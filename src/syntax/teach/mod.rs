//! Syntax errors as lessons: what the parser found is said in the words of whoever wrote it, by the table of habits and by
//! forms that the tokens show. Of the errors that one mistake makes, the first is told.
//! It must not know the grammar, and makes no error of its own: each place and code is the parser's.

mod find;
mod forms;
mod lesson;
mod slips;
mod words;

use words::TokenView;

use super::lexer;
use super::token::Token;
use crate::diagnostic::{Code, CodeClass, Diagnostic, Severity};
use crate::source::Span;

/// Teaches what is wrong with a text, given the errors in the order of their places.
pub(super) fn teach(text: &str, tokens: &[Token], errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let words = TokenView { text, tokens };
    let mut told: Vec<Diagnostic> = Vec::with_capacity(errors.len());
    // Up to this token everything that is found belongs to a mistake that was told.
    let mut known: Option<usize> = None;
    for mut error in errors {
        if matches!(error.code, Code::TooDeep | Code::TooLong | Code::Unsupported) {
            told.push(error);
            continue;
        }
        let at = words.at(error.span().start);
        if known.is_some_and(|end| at <= end) {
            continue;
        }
        // What is of the wrong kind was read all the same: what follows is no part of it.
        if error.code.class() != CodeClass::Syntax {
            told.push(error);
            continue;
        }
        let end = find::find(words, at, &error).and_then(|lesson| lesson.tell(&mut error));
        let recovery = words.recovery(at);
        known = Some(end.map_or(recovery, |end| end.max(recovery)));
        told.push(error);
    }
    told
}

/// Teaches about comments of SQL where the parser read them as subtractions, so that others than it found the mistake; of the
/// words within a comment that it told of nothing more is told.
pub(crate) fn teach_comments(text: &str, findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let is_possible = text.contains("--") || text.contains("/*");
    if !is_possible || !findings.iter().any(|it| it.severity == Severity::Error) {
        return findings;
    }
    let (tokens, _) = lexer::lex(text);
    let words = TokenView { text, tokens: &tokens };
    let is_syntax = |it: &&Diagnostic| it.code.class() == CodeClass::Syntax;
    let block = |it: &Diagnostic| forms::block_comment(words, words.at(it.span().start));
    let blocks: Vec<Span> = findings.iter().filter(is_syntax).filter_map(block).collect();
    // From such a comment to the end of its part, and where it begins.
    let parts: Vec<(Span, usize)> = (0..tokens.len())
        .filter(|&at| forms::is_dashes(words, at))
        .take(lexer::MAX_DIAGNOSTICS)
        .map(|at| (words.range(at, words.part_end(at)), at))
        .collect();
    let mut told: Vec<usize> = Vec::new();
    let mut all = Vec::with_capacity(findings.len());
    for mut finding in findings {
        // What ends before the comment has another reason.
        let place = finding.span();
        let is_within = |block: &Span| block.start <= place.start && place.end <= block.end;
        if finding.code.class() == CodeClass::Semantic && blocks.iter().any(is_within) {
            continue;
        }
        let part = parts.iter().find(|(part, _)| part.start <= place.end && place.start <= part.end);
        match part {
            Some((_, at))
                if finding.severity == Severity::Error && finding.code.class() == CodeClass::Semantic =>
            {
                if told.contains(at) {
                    continue;
                }
                told.push(*at);
                if let Some(lesson) = forms::comment(words, *at) {
                    finding.labels.truncate(1);
                    lesson.tell(&mut finding);
                }
                all.push(finding);
            }
            _ => all.push(finding),
        }
    }
    all
}
