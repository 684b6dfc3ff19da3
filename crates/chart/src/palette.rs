//! The colours of series, on light and on dark grounds, and in a terminal. Neighbours differ in lightness too, for those who
//! see few colours. It must not know what they paint.

/// A colour of a series.
pub(crate) struct Colour {
    /// On a light ground.
    pub light: &'static str,
    /// On a dark ground.
    pub dark: &'static str,
    /// The code of a terminal's colours.
    pub ansi: &'static str,
}

pub(crate) const COLOURS: [Colour; 10] = [
    Colour { light: "#2f6fde", dark: "#6ea3ff", ansi: "34" },
    Colour { light: "#e0761a", dark: "#ffa257", ansi: "33" },
    Colour { light: "#1a9c7b", dark: "#4fd0ad", ansi: "32" },
    Colour { light: "#c93c76", dark: "#f584ae", ansi: "35" },
    Colour { light: "#7b57d1", dark: "#b39bff", ansi: "36" },
    Colour { light: "#a98a08", dark: "#e3c54a", ansi: "31" },
    Colour { light: "#1496b4", dark: "#5dcbe6", ansi: "94" },
    Colour { light: "#8d5a3b", dark: "#d09f80", ansi: "93" },
    Colour { light: "#5f8f1f", dark: "#a5d467", ansi: "92" },
    Colour { light: "#6b7280", dark: "#a6adba", ansi: "95" },
];

/// What marks anomalies.
pub(crate) const ALARM: Colour = Colour { light: "#d1242f", dark: "#ff6b6b", ansi: "91" };

/// The number of a series' colour among [`COLOURS`].
pub(crate) const fn colour_number(series: usize) -> usize {
    series % COLOURS.len()
}

/// The colour of a series.
pub(crate) fn colour(series: usize) -> &'static Colour {
    COLOURS.get(colour_number(series)).unwrap_or(&ALARM)
}

/// The dashes of a line, so that those that share a colour differ.
pub(crate) const fn dashes(series: usize) -> Option<&'static str> {
    match series / COLOURS.len() {
        0 => None,
        1 => Some("6 4"),
        _ => Some("2 3"),
    }
}
