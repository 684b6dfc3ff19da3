//! Pictures as text: each query of `tests/pictures` gives the SVG and the text that stand beside it. They were looked at; with
//! UPDATE_EXPECTED=1 they are written anew, and must be looked at again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::path::{Path, PathBuf};

use kqlite::{Database, DateTime, Options, Table};
use kqlite_chart::{Chart, ChartKind, PictureSize, TerminalSize};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures")
}

fn answer(query: &str) -> Table {
    let db = Database::new();
    let query = db.compile(query).unwrap_or_else(|error| panic!("{error}\n{query}"));
    query.run(&db, &Options::new(DateTime::UNIX_EPOCH)).unwrap()
}

fn queries() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = std::fs::read_dir(folder())
        .unwrap()
        .map(|it| it.unwrap().path())
        .filter(|path| path.extension().is_some_and(|it| it == "kql"))
        .map(|path| {
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
        })
        .collect();
    found.sort();
    found
}

#[test]
fn pictures_are_as_they_were_looked_at() {
    let mut wrong = Vec::new();
    for (name, query) in queries() {
        let chart =
            Chart::of_answer(&answer(&query)).unwrap_or_else(|error| panic!("{name}: {error}")).unwrap();
        let size = TerminalSize { width: 80, height: 12, has_colours: false };
        let found = [("svg", chart.to_svg(PictureSize::default())), ("txt", chart.to_text(size))];
        for (ending, found) in found {
            let path = folder().join(format!("{name}.{ending}"));
            if std::env::var_os("UPDATE_EXPECTED").is_some() {
                std::fs::write(&path, &found).unwrap();
            }
            if std::fs::read_to_string(&path).unwrap_or_default() != found {
                wrong.push(path.display().to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "other pictures than those that were looked at: {}", wrong.join(", "));
}

#[test]
fn every_kind_has_a_picture() {
    let queries = queries();
    for kind in ChartKind::all().filter(|kind| *kind != ChartKind::Pivot) {
        let word = format!("render {}", kind.name());
        assert!(queries.iter().any(|(_, query)| query.contains(&word)), "{word}");
    }
}

#[test]
fn pictures_are_xml_that_loads_nothing() {
    for (name, query) in queries() {
        let svg = Chart::of_answer(&answer(&query)).unwrap().unwrap().to_svg(PictureSize::default());
        let document = roxmltree::Document::parse(&svg).unwrap_or_else(|error| panic!("{name}: {error}"));
        let root = document.root_element();
        let said = |tag: &str| {
            let of_root = root.children().find(|it| it.has_tag_name(("http://www.w3.org/2000/svg", tag)));
            of_root.and_then(|it| it.text()).unwrap_or_default().to_owned()
        };
        assert!(!said("title").is_empty() && !said("desc").is_empty(), "{name}");
        for element in document.descendants().filter(|it| it.is_element()) {
            let tag = element.tag_name().name();
            assert!(!["script", "image", "use", "foreignObject", "a"].contains(&tag), "{name}: {tag}");
            for attribute in element.attributes() {
                assert!(!attribute.name().starts_with("on") && attribute.name() != "href", "{name}");
                assert!(!attribute.value().contains("url("), "{name}");
            }
        }
    }
}
