//! Punycode as RFC 3492 defines it. It must not know domain names.

const BASE: u32 = 36;
const LEAST: u32 = 1;
const MOST: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const FIRST_BIAS: u32 = 72;
const FIRST_CODE: u32 = 128;

/// How the bias moves after a difference has been written (section 6.1).
fn adapt(delta: u32, points: u32, first: bool) -> u32 {
    let mut delta = if first { delta / DAMP } else { delta / 2 };
    delta += delta / points;
    let mut steps = 0;
    while delta > (BASE - LEAST) * MOST / 2 {
        delta /= BASE - LEAST;
        steps += BASE;
    }
    steps + (BASE - LEAST + 1) * delta / (delta + SKEW)
}

/// The threshold of the digit at a place.
fn threshold(place: u32, bias: u32) -> u32 {
    place.saturating_sub(bias).clamp(LEAST, MOST)
}

/// Encodes a text (section 6.3); `None` if a number overflows.
pub(super) fn encode(text: &str) -> Option<String> {
    let mut out: String = text.chars().filter(char::is_ascii).collect();
    let plain = u32::try_from(out.len()).ok()?;
    if plain > 0 {
        out.push('-');
    }
    let (mut code, mut delta, mut bias, mut handled) = (FIRST_CODE, 0_u32, FIRST_BIAS, plain);
    let total = u32::try_from(text.chars().count()).ok()?;
    while handled < total {
        let next = text.chars().map(u32::from).filter(|point| *point >= code).min()?;
        delta = delta.checked_add((next - code).checked_mul(handled + 1)?)?;
        code = next;
        for point in text.chars().map(u32::from) {
            if point < code {
                delta = delta.checked_add(1)?;
            }
            if point != code {
                continue;
            }
            let mut rest = delta;
            let mut place = BASE;
            loop {
                let threshold = threshold(place, bias);
                if rest < threshold {
                    break;
                }
                out.push(digit(threshold + (rest - threshold) % (BASE - threshold)));
                rest = (rest - threshold) / (BASE - threshold);
                place += BASE;
            }
            out.push(digit(rest));
            bias = adapt(delta, handled + 1, handled == plain);
            delta = 0;
            handled += 1;
        }
        delta = delta.checked_add(1)?;
        code += 1;
    }
    Some(out)
}

/// Decodes a text (section 6.2); `None` if it is not valid.
pub(super) fn decode(text: &str) -> Option<String> {
    if !text.is_ascii() {
        return None;
    }
    let (plain, digits) = text.rsplit_once('-').unwrap_or(("", text));
    let mut out: Vec<char> = plain.chars().collect();
    let (mut code, mut at, mut bias) = (FIRST_CODE, 0_u32, FIRST_BIAS);
    let mut digits = digits.chars().peekable();
    while digits.peek().is_some() {
        let (before, mut weight, mut place) = (at, 1_u32, BASE);
        loop {
            let value = digits.next()?.to_digit(36)?;
            // Letters are 0 to 25 and digits 26 to 35: the other way round than in hex and its like.
            let value = if value >= 10 { value - 10 } else { value + 26 };
            at = at.checked_add(value.checked_mul(weight)?)?;
            let threshold = threshold(place, bias);
            if value < threshold {
                break;
            }
            weight = weight.checked_mul(BASE - threshold)?;
            place += BASE;
        }
        let length = u32::try_from(out.len()).ok()?.checked_add(1)?;
        bias = adapt(at - before, length, before == 0);
        code = code.checked_add(at / length)?;
        at %= length;
        out.insert(at as usize, char::from_u32(code)?);
        at += 1;
    }
    Some(out.into_iter().collect())
}

/// The letter or digit of a value under 36.
fn digit(value: u32) -> char {
    let offset = if value < 26 { u32::from(b'a') } else { u32::from(b'0') - 26 };
    char::from_u32(offset + value).unwrap_or('a')
}

#[cfg(test)]
mod tests {
    use super::*;

    // Source: RFC 3492, section 7.1 (L, O, R, S), and the punycode functions' pages.
    #[test]
    fn there_and_back() {
        for (plain, encoded) in [
            ("3年B組金八先生", "3B-ww4c5e180e575a65lsy2b"),
            ("ひとつ屋根の下2", "2-u9tlzr9756bt3uc0v"),
            ("そのスピードで", "d9juau41awczczp"),
            ("-> $1.00 <-é", "-> $1.00 <--lbb"),
            ("académie-française", "acadmie-franaise-npb1a"),
            ("艺术", "cqv902d"),
        ] {
            assert_eq!(encode(plain).as_deref(), Some(encoded));
            assert_eq!(decode(encoded).as_deref(), Some(plain));
        }
        assert_eq!(decode("é"), None);
        assert_eq!(decode("a-99999999999"), None);
        assert_eq!(decode("a_b"), None);
    }
}
