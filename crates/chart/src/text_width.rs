//! How wide a text is: in cells of a terminal, and about how wide in a picture, where nobody knows the font. It must not
//! know what the text says.

/// How many cells a character takes in a terminal: nothing for marks upon others, two for East Asian ones and pictures.
pub(crate) fn cells_of(c: char) -> usize {
    match u32::from(c) {
        0..0x20 | 0x7f..0xa0 | 0x300..0x370 | 0x200b..0x2010 | 0xfe00..0xfe10 | 0xfeff => 0,
        0x1100..0x1160
        | 0x2e80..0xa4d0
        | 0xac00..0xd7a4
        | 0xf900..0xfb00
        | 0xfe30..0xfe70
        | 0xff00..0xff61
        | 0xffe0..0xffe7
        | 0x1f300..0x1fb00
        | 0x20000..0x3fffe => 2,
        _ => 1,
    }
}

/// How many cells a text takes.
pub(crate) fn cells(text: &str) -> usize {
    text.chars().map(cells_of).sum()
}

/// The text in at most so many cells; what is cut ends in `…`.
pub(crate) fn cut(text: &str, max: usize) -> String {
    if cells(text) <= max {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = max.saturating_sub(1);
    for c in text.chars() {
        let Some(rest) = left.checked_sub(cells_of(c)) else { break };
        left = rest;
        out.push(c);
    }
    if max > 0 {
        out.push('…');
    }
    out
}

/// About how wide a text is at a size of letters, by the widths of the wider ones of common
/// sans-serif fonts.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let ems: f64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.32,
            'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '-' | ' ' | '/' | '\\' | '"' => 0.42,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.95,
            'A'..='Z' | '&' | '#' => 0.7,
            _ => match cells_of(c) {
                0 => 0.0,
                2 => 1.0,
                _ => 0.62,
            },
        })
        .sum();
    ems * size
}

/// The text in about so much room; what is cut ends in `…`.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut left = room - width("…", size);
    let mut buffer = [0; 4];
    for c in text.chars() {
        left -= width(c.encode_utf8(&mut buffer), size);
        if left < 0.0 {
            break;
        }
        out.push(c);
    }
    out.push('…');
    out
}
