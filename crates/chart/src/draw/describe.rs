//! What a picture says to those who do not see it.

use crate::chart::{Body, Chart, Plot, Shares};
use crate::format::{number, value};

/// The title, or what is drawn.
pub(super) fn title(chart: &Chart) -> String {
    if chart.title.is_empty() { chart.kind.name().to_owned() } else { chart.title.clone() }
}

/// The kind, the axes, the series with their extremes, and the notes.
pub(super) fn description(chart: &Chart) -> String {
    let mut parts = vec![match &chart.body {
        Body::Plot(plot) => of_plot(chart.kind.name(), plot),
        Body::Pie(shares) | Body::Treemap(shares) => of_shares(chart.kind.name(), shares),
        Body::Card(facts) => {
            let facts: Vec<String> = facts.iter().map(|it| format!("{}: {}", it.name, it.value)).collect();
            format!("card. {}", facts.join("; "))
        }
        Body::Lanes(lanes) => {
            let strips: usize = lanes.lanes.iter().map(|it| it.strips.len()).sum();
            let name = chart.kind.name();
            format!("{name} of {strips} rows in {} lanes by {}", lanes.lanes.len(), lanes.axis.title)
        }
    }];
    parts.extend(chart.notes.iter().cloned());
    parts.join(". ")
}

fn of_plot(name: &str, plot: &Plot) -> String {
    let mut text = format!("{name} by {}", plot.x.title);
    let series = plot.panels.iter().flat_map(|panel| panel.series.iter().map(move |it| (panel, it)));
    for (panel, it) in series.take(5) {
        let values = it.points.iter().filter_map(|point| Some(point.y? - point.base));
        let (min, max) =
            values.clone().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), y| (a.min(y), b.max(y)));
        let name = plot.names.get(it.number).map_or("", String::as_str);
        if let Some(axis) = panel.axes.get(it.axis).filter(|_| min <= max) {
            let (min, max) = (value(axis, min), value(axis, max));
            text.push_str(&format!("; {name}: {} values from {min} to {max}", values.count()));
        }
    }
    if plot.names.len() > 5 {
        text.push_str(&format!("; and {} more series", plot.names.len() - 5));
    }
    text
}

fn of_shares(name: &str, shares: &Shares) -> String {
    let mut text = format!("{name} of {}", shares.measure);
    for it in shares.shares.iter().take(8) {
        text.push_str(&format!("; {}: {}", it.name, number(it.value)));
    }
    if shares.shares.len() > 8 {
        text.push_str(&format!("; and {} more", shares.shares.len() - 8));
    }
    text
}
