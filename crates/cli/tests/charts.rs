//! Charts of answers from outside: below a table, as a picture, within a page.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "shared/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use program::kqlite;

const TOTALS: &str =
    "Orders | summarize Total = sum(Total) by Customer | order by Customer asc | render columnchart";

fn written(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

#[test]
fn below_a_table() {
    let table = "Customer  Total\n────────  ─────\nann        10.0\nbob        20.0\n2 rows, 2 columns\n";
    // A line of 100 characters: names and values with what is between them take 9, so that 91 are left for the largest of 20.
    let half = "█".repeat(45);
    let chart = format!("\nTotal\nann │{half}▌ 10\nbob │{half}{half}█ 20\n");
    let data = ["--data", "shop"];
    kqlite(&[&["run", TOTALS, "--chart"], &data[..]].concat()).code(0).out(&format!("{table}{chart}"));
    // Into a pipe goes the table alone.
    kqlite(&[&["run", TOTALS], &data[..]].concat()).code(0).out(table);
    kqlite(&[&["run", TOTALS, "--no-chart"], &data[..]].concat()).code(0).out(table);
}

#[test]
fn a_chart_that_cannot_be_drawn() {
    let query = "print a = 'x' | render timechart";
    let called = kqlite(&["run", query, "--chart"]).code(0).out("a\n─\nx\n1 row, 1 column\n");
    let message = "timechart needs a column of numbers for its y axis; the columns are a: string\n";
    let message = message.replace("numbers for its y axis", "datetimes for its x axis");
    assert_eq!(called.err, format!("note: no chart is drawn: {message}"));
    assert_eq!(kqlite(&["run", query, "--format", "svg"]).code(1).out("").err, format!("error: {message}"));
    let no_chart = kqlite(&["run", "print a = 1", "--format", "svg"]).code(1).out("").err;
    assert!(no_chart.starts_with("error: the query asks for no chart\n = help: let it end in"), "{no_chart}");
    let usage = kqlite(&["run", query, "--chart", "--format", "json"]).code(2).out("").err;
    assert!(usage.contains("--chart draws below a table"), "{usage}");
}

#[test]
fn a_picture_by_the_name_of_the_file() {
    let path = written("totals.svg");
    kqlite(&["run", TOTALS, "--data", "shop", "--output", path.to_str().unwrap()]).code(0).out("");
    let svg = std::fs::read_to_string(path).unwrap();
    let document = roxmltree::Document::parse(&svg).unwrap();
    let texts: Vec<&str> = document
        .descendants()
        .filter(|it| it.has_tag_name(("http://www.w3.org/2000/svg", "title")))
        .filter_map(|it| it.text())
        .collect();
    assert_eq!(texts, ["columnchart", "ann · Total: 10", "bob · Total: 20"]);
    assert_eq!(kqlite(&["run", TOTALS, "--data", "shop", "--format", "svg"]).code(0).out, svg);
    let two =
        kqlite(&["run", "Orders | count; Orders | take 1", "--data", "shop", "--format", "svg"]).code(2).err;
    assert!(two.contains("this form holds one"), "{two}");
}

/// The JSON of a page's tables.
fn data(page: &str) -> serde_json::Value {
    let (_, behind) = page.split_once("id=\"data\">").unwrap();
    serde_json::from_str(behind.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_page_holds_the_table_and_the_chart() {
    let page = kqlite(&["run", TOTALS, "--data", "shop", "--format", "html"]).code(0).out;
    assert_eq!(page.matches("<figure").count(), 2, "one for wide pages, one for narrow ones");
    assert_eq!(
        data(&page),
        serde_json::json!([{
            "name": "Table_0",
            "columns": [{"name": "Customer", "type": "string"}, {"name": "Total", "type": "real"}],
            "rows": [["ann", "10.0"], ["bob", "20.0"]],
        }])
    );
    for word in ["http:", "https:", "//cdn", "@import", "url(", "src="] {
        let own = page.replace("http://www.w3.org/2000/svg", "");
        assert!(!own.contains(word), "{word}");
    }
    // Several tables are several, and one without a chart is a page too.
    let page =
        kqlite(&["run", "Orders | count; Orders | take 1", "--data", "shop", "--format", "html"]).code(0).out;
    assert_eq!((data(&page).as_array().unwrap().len(), page.matches("<figure").count()), (2, 0));
}

#[test]
fn hostile_data_stays_text() {
    let query = "print a = '</script><!--{{data}}<img src=x onerror=alert(1)>', n = 9223372036854775807, m = int(null) \
                 | render columnchart with (title = '</title><script>alert(1)</script>', ycolumns = n)";
    let page = kqlite(&["run", query, "--format", "html"]).code(0).out;
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(!page.contains("<img"), "{page}");
    // All digits of a long are there, and null is no text.
    let row = &data(&page)[0]["rows"][0];
    assert_eq!(row[0], "</script><!--{{data}}<img src=x onerror=alert(1)>");
    assert_eq!((row[1].as_str(), row[2].is_null()), (Some("9223372036854775807"), true));
}
