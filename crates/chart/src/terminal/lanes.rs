//! Strips along an axis, one line a lane.

use super::page::{Ink, Page, placed, right};
use crate::chart::Lanes;
use crate::scale::Scale;
use crate::text_width::{cells, cut};
use crate::ticks::{captioned, ticks};

pub(super) fn draw(page: &mut Page, lanes: &Lanes) {
    let names = lanes.lanes.iter().map(|it| cells(&it.name)).max().unwrap_or_default().min(page.width / 3);
    let width = page.width - names - 3;
    let scale = Scale::of(&lanes.axis, 0.0, width as f64 - 1.0);
    for (at, lane) in lanes.lanes.iter().enumerate() {
        let mut line = vec!['·'; width];
        for (from, to) in &lane.strips {
            let [from, to] = [from, to].map(|it| scale.place_within(*it).round() as usize);
            let c = if from == to { '●' } else { '█' };
            for place in line.iter_mut().take(to + 1).skip(from) {
                *place = c;
            }
        }
        let line: String = line.into_iter().collect();
        page.line(&[(Ink::Plain, &right(&lane.name, names)), (Ink::Dim, " │"), (Ink::Series(at), &line)]);
    }
    let indent = " ".repeat(names + 2);
    let scale = Scale::of(&lanes.axis, 0.0, width as f64);
    let marks = ticks(&lanes.axis, (width / 12).clamp(2, 10)).into_iter();
    let labels: Vec<_> = marks.map(|tick| (scale.place_within(tick.value) as usize, tick.label)).collect();
    page.line(&[(Ink::Dim, &format!("{indent}{}", placed(width, &labels)))]);
    let title = cut(&captioned(&lanes.axis), width);
    page.line(&[(Ink::Dim, &format!("{indent}{}", placed(width, &[(width / 2, title)])))]);
}
