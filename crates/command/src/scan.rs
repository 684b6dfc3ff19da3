//! Words, texts and brackets in the text of a command, with nom. It must not know any command.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::delimited;
use nom::{IResult, Parser};

type Scanned<'t> = IResult<&'t str, &'t str>;

fn is_white(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// White space and `//` comments.
pub(crate) fn trivia(i: &str) -> Scanned<'_> {
    let comment = recognize((tag("//"), take_till(|c| matches!(c, '\n' | '\r'))));
    recognize(many0_count(alt((take_while1(is_white), comment)))).parse(i)
}

/// A word of a command: letters, digits, `_` and `-`; the first one of a command begins with a dot.
pub(crate) fn word(i: &str) -> Scanned<'_> {
    recognize((opt(char('.')), take_while1(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-')))).parse(i)
}

/// A name without brackets.
pub(crate) fn bare_name(i: &str) -> Scanned<'_> {
    take_while1(|c: char| c.is_alphanumeric() || c == '_').parse(i)
}

/// A text in any of KQL's forms, as it is written.
pub(crate) fn text(i: &str) -> Scanned<'_> {
    recognize((opt(one_of("hH")), alt((verbatim, block("```"), block("~~~"), quoted('"'), quoted('\'')))))
        .parse(i)
}

/// `@"…"`, in which two quotes are one.
fn verbatim(i: &str) -> Scanned<'_> {
    let of = |quote: char| {
        let piece = (take_while(move |c| c != quote && c != '\n'), char(quote));
        recognize((
            char('@'),
            char(quote),
            piece,
            many0_count((char(quote), take_while(move |c| c != quote && c != '\n'), char(quote))),
        ))
    };
    alt((of('"'), of('\''))).parse(i)
}

/// A text of several lines.
fn block<'t>(
    fence: &'static str,
) -> impl Parser<&'t str, Output = &'t str, Error = nom::error::Error<&'t str>> {
    recognize(delimited(tag(fence), take_until(fence), tag(fence)))
}

/// A text with escapes, in one line.
fn quoted<'t>(quote: char) -> impl Parser<&'t str, Output = &'t str, Error = nom::error::Error<&'t str>> {
    move |i: &'t str| {
        let (mut rest, _) = char(quote).parse(i)?;
        loop {
            (rest, _) = take_while(|c| c != quote && c != '\\' && c != '\n').parse(rest)?;
            let (after, sign) = nom::character::complete::anychar(rest)?;
            if sign == quote {
                return Ok((after, i.get(..i.len() - after.len()).unwrap_or_default()));
            }
            if sign != '\\' {
                return Err(nom::Err::Error(nom::error::Error::new(rest, nom::error::ErrorKind::Char)));
            }
            (rest, _) = nom::character::complete::anychar(after)?;
        }
    }
}

/// How long the text is from an opening bracket to the one that closes it, with both; brackets in texts and comments are none.
pub(crate) fn balanced(text_: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut rest = text_;
    while let Some(sign) = rest.chars().next() {
        let may_begin = matches!(sign, '"' | '\'' | '`' | '~' | '@' | 'h' | 'H' | '/');
        if may_begin
            && let Ok((after, found)) =
                alt((text, recognize((tag("//"), take_till(|c| c == '\n'))))).parse(rest)
            && !found.is_empty()
        {
            rest = after;
            continue;
        }
        match sign {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        rest = rest.get(sign.len_utf8()..)?;
        if depth == 0 {
            return Some(text_.len() - rest.len());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_scanned_as_kql_has_them() {
        for written in
            [r#""a\"b""#, "'a'", r"@'a\'", r#"@"a""b""#, "h'x'", "h@\"x\"", "```a\n'b```", "~~~x~~~"]
        {
            assert_eq!(text(&format!("{written} rest")).unwrap(), (" rest", written));
        }
        assert!(text("'open").is_err());
        assert!(text("'a\nb'").is_err());
    }

    #[test]
    fn brackets_in_texts_and_comments_do_not_count() {
        assert_eq!(balanced("(a, '(', ')') b"), Some(13));
        assert_eq!(balanced("{ T // }\n| take 1 } x"), Some(19));
        assert_eq!(balanced("(a"), None);
        assert_eq!(balanced(")"), None);
    }

    #[test]
    fn words_have_hyphens_and_names_do_not() {
        assert_eq!(word(".set-or-append T").unwrap(), (" T", ".set-or-append"));
        assert_eq!(bare_name("a-b").unwrap(), ("-b", "a"));
        assert_eq!(trivia(" // c\n x").unwrap().0, "x");
    }
}
