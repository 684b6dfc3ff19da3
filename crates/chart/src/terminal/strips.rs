//! Horizontal strips of blocks, with eighths of a character.

use super::page::{Ink, Page, letter, right};
use crate::chart::{Panel, Plot, Shares, Stacking};
use crate::format::{category, number, trimmed, value};
use crate::scale::Scale;
use crate::text_width::cells;

/// Blocks of one to eight eighths.
const EIGHTHS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Strips of series that stand in one line, where there are no colours.
const SHADES: [char; 4] = ['█', '▒', '▓', '░'];
/// The most lines of strips.
const MAX_STRIPS: usize = 200;

/// One line of strips.
struct Strip {
    name: String,
    value: String,
    /// From and to in characters, with the series.
    parts: Vec<(f64, f64, usize)>,
}

pub(super) fn of_plot(page: &mut Page, plot: &Plot) {
    for panel in &plot.panels {
        if let Some(axis) = panel.axes.first().filter(|it| !it.title.is_empty()) {
            page.line(&[(Ink::Dim, &axis.title)]);
        }
        let has_letters = plot.names.len() > 1 && !page.has_colours;
        let strips = if plot.stacking == Stacking::None {
            beside(plot, panel, has_letters)
        } else {
            stacked(plot, panel)
        };
        draw(page, &strips);
    }
    if plot.panels.iter().any(|panel| panel.axes.len() > 1) {
        page.note("each series is drawn by an axis of its own");
    }
}

/// The scale from 0 to 1 along a line.
fn scale(panel: &Panel, axis: usize) -> Option<Scale> {
    panel.axes.get(axis).map(|axis| Scale::of(axis, 0.0, 1.0))
}

fn beside(plot: &Plot, panel: &Panel, has_letters: bool) -> Vec<Strip> {
    let mut strips = Vec::new();
    for place in 0..plot.x.categories.len() {
        let mut name = category(&plot.x, place as f64).to_owned();
        for series in &panel.series {
            let points = series.points.iter().filter(|it| it.x == place as f64);
            for point in points {
                let (Some(y), Some(scale), Some(axis)) =
                    (point.y, scale(panel, series.axis), panel.axes.get(series.axis))
                else {
                    continue;
                };
                let (from, to) = (scale.place_within(point.base), scale.place_within(y));
                let parts = vec![(from.min(to), from.max(to), series.number)];
                let sign = if has_letters { format!("{} ", letter(series.number)) } else { String::new() };
                let value = value(axis, y);
                strips.push(Strip {
                    name: std::mem::take(&mut name),
                    value: format!("{sign}{value}"),
                    parts,
                });
            }
        }
    }
    strips
}

fn stacked(plot: &Plot, panel: &Panel) -> Vec<Strip> {
    let mut strips = Vec::new();
    for place in 0..plot.x.categories.len() {
        let mut parts = Vec::new();
        let mut sum = 0.0;
        for series in &panel.series {
            let Some(scale) = scale(panel, series.axis) else { continue };
            for point in series.points.iter().filter(|it| it.x == place as f64) {
                let Some(y) = point.y else { continue };
                sum += y - point.base;
                let (from, to) = (scale.place_within(point.base), scale.place_within(y));
                parts.push((from.min(to), from.max(to), series.number));
            }
        }
        let value = panel.axes.first().map_or_else(String::new, |axis| value(axis, sum));
        strips.push(Strip { name: category(&plot.x, place as f64).to_owned(), value, parts });
    }
    strips
}

pub(super) fn of_shares(page: &mut Page, shares: &Shares) {
    let total: f64 = shares.shares.iter().map(|it| it.value).sum();
    let most = shares.shares.iter().map(|it| it.value).fold(0.0, f64::max);
    page.line(&[(Ink::Dim, &shares.measure)]);
    let strips = shares.shares.iter().enumerate().map(|(at, share)| {
        let part = if total > 0.0 { share.value / total * 100.0 } else { 0.0 };
        let long = if most > 0.0 { share.value / most } else { 0.0 };
        let name = if share.group.is_empty() {
            share.name.clone()
        } else {
            format!("{} › {}", share.group, share.name)
        };
        let value = format!("{} ({}%)", number(share.value), trimmed(&format!("{part:.1}")));
        Strip { name, value, parts: vec![(0.0, long, at)] }
    });
    draw(page, &strips.collect::<Vec<_>>());
}

fn draw(page: &mut Page, strips: &[Strip]) {
    let names = strips.iter().map(|it| cells(&it.name)).max().unwrap_or_default().min(page.width / 3);
    let values = strips.iter().map(|it| cells(&it.value)).max().unwrap_or_default();
    let room = page.width.saturating_sub(names + values + 4).max(4);
    for strip in strips.iter().take(MAX_STRIPS) {
        let name = right(&strip.name, names);
        let mut pieces = vec![(Ink::Plain, name), (Ink::Dim, " │".to_owned())];
        let several = strip.parts.len() > 1;
        let mut at = 0_usize;
        for (from, to, series) in &strip.parts {
            let (from, to) = (from * room as f64, to * room as f64);
            let begin = (from.round() as usize).max(at);
            pieces.push((Ink::Plain, " ".repeat(begin - at)));
            let text = if several && !page.has_colours {
                let shade = SHADES.get(series % SHADES.len()).copied().unwrap_or('█');
                shade.to_string().repeat((to.round() as usize).saturating_sub(begin))
            } else {
                blocks(to - begin as f64)
            };
            at = begin + cells(&text);
            pieces.push((Ink::Series(*series), text));
        }
        pieces.push((Ink::Plain, format!(" {}", strip.value)));
        let line: Vec<(Ink, &str)> = pieces.iter().map(|(ink, text)| (*ink, text.as_str())).collect();
        page.line(&line);
    }
    if strips.len() > MAX_STRIPS {
        page.note(&format!("{} lines more are left out", strips.len() - MAX_STRIPS));
    }
}

/// A strip of so many characters; one that is no nothing is seen.
fn blocks(long: f64) -> String {
    let eighths = if long > 0.0 { ((long * 8.0).round() as usize).max(1) } else { 0 };
    let mut text = "█".repeat(eighths / 8);
    text.extend((eighths % 8).checked_sub(1).and_then(|at| EIGHTHS.get(at)));
    text
}
