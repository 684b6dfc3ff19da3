//! Names and values as tiles.

use crate::chart::Fact;
use crate::layout::Area;
use crate::svg::{Anchor, Paint, Svg};
use crate::text_width::{fit, width};

const ROW: f64 = 92.0;
const LEAST: f64 = 190.0;

/// How many tiles stand beside each other.
fn beside(facts: &[Fact], room: f64) -> usize {
    ((room / LEAST) as usize).clamp(1, facts.len().max(1))
}

/// How much height the tiles need.
pub(super) fn height(facts: &[Fact], width: f64) -> f64 {
    facts.len().div_ceil(beside(facts, width - 32.0)).max(1) as f64 * ROW
}

pub(super) fn draw(svg: &mut Svg, facts: &[Fact], area: Area) {
    let beside = beside(facts, area.width());
    let room = area.width() / beside as f64;
    for (at, fact) in facts.iter().enumerate() {
        let left = area.left + (at % beside) as f64 * room;
        let top = area.top + (at / beside) as f64 * ROW;
        svg.group("stroke", Paint::Grid, "fill=\"none\"");
        svg.rect((left + 1.0, top + 1.0), (room - 10.0, ROW - 12.0), "rx=\"8\"", "");
        svg.end_group();
        let inner = room - 36.0;
        // The letters are bold, which are wider.
        let size = (28.0 * inner / width(&fact.value, 30.0).max(1.0)).clamp(12.0, 28.0).floor();
        svg.group("fill", Paint::Ink, "font-weight=\"600\"");
        let text = fit(&fact.value, size, inner);
        svg.text((left + 14.0, top + 42.0), Anchor::Start, &format!("font-size=\"{size}\""), &text);
        svg.end_group();
        svg.group("fill", Paint::Faint, "");
        svg.text((left + 14.0, top + 65.0), Anchor::Start, "", &fit(&fact.name, 12.0, inner));
        svg.end_group();
    }
}
