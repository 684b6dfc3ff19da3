//! Tactics and techniques of MITRE ATT&CK. It must not know rules.
//!
//! The data is one line a technique: its id and the tactics that it serves. It is taken from ATT&CK for Enterprise 18.1,
//! © The MITRE Corporation, reproduced and distributed with its permission.

const TECHNIQUES: &str = include_str!("../data/techniques.txt");

/// The tactics as Sentinel names them, and their letters in the data. `PreAttack` is
/// an old one, the last two are of ATT&CK for ICS.
const TACTICS: [(&str, char); 17] = [
    ("Reconnaissance", 'r'),
    ("ResourceDevelopment", 'd'),
    ("InitialAccess", 'i'),
    ("Execution", 'x'),
    ("Persistence", 'p'),
    ("PrivilegeEscalation", 'e'),
    ("DefenseEvasion", 'v'),
    ("CredentialAccess", 'c'),
    ("Discovery", 's'),
    ("LateralMovement", 'l'),
    ("Collection", 'o'),
    ("CommandAndControl", 'a'),
    ("Exfiltration", 'f'),
    ("Impact", 'm'),
    ("PreAttack", '0'),
    ("ImpairProcessControl", '1'),
    ("InhibitResponseFunction", '2'),
];

/// The names of all tactics, as in `InitialAccess`.
pub fn tactic_names() -> impl Iterator<Item = &'static str> {
    TACTICS.iter().map(|(name, _)| *name)
}

/// Whether Sentinel knows a tactic; case matters.
#[must_use]
pub fn is_tactic(name: &str) -> bool {
    tactic_names().any(|it| it == name)
}

/// What is known of a technique's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Technique {
    /// It is one of ATT&CK for Enterprise, and serves these tactics.
    Known(Vec<&'static str>),
    /// It may be one of ATT&CK for ICS.
    Ics,
    /// It has the form of an id, and there is no such technique.
    Unknown,
    /// It is no id such as `T1566` or `T1566.001`.
    NoId,
}

/// Looks a technique up by its id.
///
/// ```
/// use kqlite_detect::{Technique, technique};
/// assert_eq!(technique("T1566"), Technique::Known(vec!["InitialAccess"]));
/// assert_eq!(technique("phishing"), Technique::NoId);
/// ```
#[must_use]
pub fn technique(id: &str) -> Technique {
    let digits = |text: &str, count: usize| text.len() == count && text.bytes().all(|it| it.is_ascii_digit());
    let Some(rest) = id.strip_prefix('T') else { return Technique::NoId };
    let (main, sub) = rest.split_once('.').map_or((rest, None), |(main, sub)| (main, Some(sub)));
    if !digits(main, 4) || sub.is_some_and(|sub| !digits(sub, 3)) {
        return Technique::NoId;
    }
    if main.starts_with('0') && sub.is_none() {
        return Technique::Ics;
    }
    let line = TECHNIQUES.lines().find_map(|line| line.split_once(' ').filter(|(it, _)| *it == id));
    match line {
        None => Technique::Unknown,
        Some((_, letters)) => Technique::Known(
            TACTICS.iter().filter(|(_, letter)| letters.contains(*letter)).map(|(name, _)| *name).collect(),
        ),
    }
}

/// The tactics of a cell: names with commas between them, or an array; `None` if one is no tactic.
pub(crate) fn read_tactics(text: &str) -> Option<Vec<String>> {
    let words = text.split([',', '[', ']', '"', ';']).map(|it| it.replace(' ', ""));
    let tactics: Vec<String> = words.filter(|it| !it.is_empty()).collect();
    (!tactics.is_empty() && tactics.iter().all(|it| is_tactic(it))).then_some(tactics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn techniques_are_found() {
        assert_eq!(technique("T1059.001"), Technique::Known(vec!["Execution"]));
        assert_eq!(technique("T0801"), Technique::Ics);
        assert_eq!(technique("T9999"), Technique::Unknown);
        for bad in ["", "T", "t1566", "T156", "T1566.1", "T1566.", "1566", "T1566.0011"] {
            assert_eq!(technique(bad), Technique::NoId, "{bad}");
        }
        for line in TECHNIQUES.lines() {
            let id = line.split(' ').next().unwrap();
            assert!(matches!(technique(id), Technique::Known(tactics) if !tactics.is_empty()), "{id}");
        }
    }

    #[test]
    fn tactics_of_cells() {
        assert_eq!(read_tactics("Initial Access, Execution").unwrap(), ["InitialAccess", "Execution"]);
        assert_eq!(read_tactics("[\"Impact\"]").unwrap(), ["Impact"]);
        assert_eq!(read_tactics(""), None);
        assert_eq!(read_tactics("Impact, Magic"), None);
    }
}
