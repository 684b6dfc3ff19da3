//! Which of some words is closest to a mistyped one.

/// The word that takes the fewest changes, if they are few enough for a slip.
pub(super) fn closest<'w>(word: &str, among: &[&'w str]) -> Option<&'w str> {
    let limit = (word.chars().count() / 3).max(1);
    let word = word.to_ascii_lowercase();
    if word.len() > 40 {
        return None;
    }
    among
        .iter()
        .map(|candidate| (distance(&word, candidate), *candidate))
        .filter(|(changes, _)| *changes <= limit)
        .min_by_key(|(changes, _)| *changes)
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be put in, taken out, replaced, or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (x, from) in a.iter().enumerate() {
        let mut row = vec![x + 1];
        for (y, to) in b.iter().enumerate() {
            let mut distance = (last[y] + usize::from(from != to)).min(last[y + 1] + 1).min(row[y] + 1);
            if x > 0 && y > 0 && a[x - 1] == *to && *from == b[y - 1] {
                distance = distance.min(before[y - 1] + 1);
            }
            row.push(distance);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_a_slip_was_meant_to_be() {
        let words = &["where", "extend", "project", "project-away", "summarize"];
        assert_eq!(closest("wehre", words), Some("where"));
        assert_eq!(closest("proejct", words), Some("project"));
        assert_eq!(closest("sumarize", words), Some("summarize"));
        assert_eq!(closest("select", words), None);
    }
}
