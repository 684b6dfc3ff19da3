//! Finds the queries in Markdown: blocks of code that are marked as KQL. It must not know queries.

use super::place::PlacedText;

/// A block of code, with the line that it begins in, from 1, and the heading above it.
pub(super) struct CodeBlock {
    pub text: PlacedText,
    pub line: usize,
    pub heading: String,
}

/// The blocks that are marked as KQL: behind the fence stands `kql` or `kusto`, or a word that begins with one of these.
pub(super) fn blocks(file: &str) -> Vec<CodeBlock> {
    let mut blocks = Vec::new();
    let mut heading = String::new();
    let mut open: Option<(String, usize, Option<CodeBlock>)> = None;
    let mut offset = 0;
    for (number, line) in file.split_inclusive('\n').enumerate() {
        let written = line.trim_end_matches(['\n', '\r']);
        let content = written.trim_start_matches([' ', '\t', '>']);
        let indent = written.len() - content.len();
        match &mut open {
            Some((fence, opened, block)) => {
                if content.trim_end().starts_with(fence.as_str())
                    && content.trim_end().chars().all(|c| fence.starts_with(c))
                {
                    blocks.extend(block.take());
                    open = None;
                } else if let Some(block) = block {
                    // What is indented as the fence is the text from there on.
                    let skipped = indent.min(*opened);
                    block.text.push(&PlacedText::within(file, offset + skipped..offset + line.len()));
                }
            }
            None => {
                if let Some(title) = content.strip_prefix('#') {
                    title.trim_start_matches('#').trim().clone_into(&mut heading);
                }
                let fence: String = ['`', '~']
                    .into_iter()
                    .map(|mark| content.chars().take_while(|c| *c == mark).collect::<String>())
                    .find(|fence| fence.len() >= 3)
                    .unwrap_or_default();
                if !fence.is_empty() {
                    let info = content.get(fence.len()..).unwrap_or_default().trim();
                    let block = is_kql(info).then(|| CodeBlock {
                        text: PlacedText::default(),
                        line: number + 2,
                        heading: heading.clone(),
                    });
                    open = Some((fence, indent, block));
                }
            }
        }
        offset += line.len();
    }
    // A block that is not closed goes on to the end.
    blocks.extend(open.and_then(|(_, _, block)| block));
    blocks.retain(|block| !block.text.text.trim().is_empty());
    blocks
}

fn is_kql(info: &str) -> bool {
    let word =
        info.trim_start_matches(['{', '.']).split([' ', '\t', ',', '{', '}']).next().unwrap_or_default();
    let word = word.to_ascii_lowercase();
    word.starts_with("kql") || word.starts_with("kusto")
}

#[cfg(test)]
mod tests {
    use kqlite::Span;

    use super::*;

    #[test]
    fn blocks_of_kql_are_found_at_their_places() {
        let file = "# Hunt\n```KQL title=x\nT\n| take 1\n```\n```yaml\na: ```\n```\n1. Second\n\n   ~~~ kusto-query\n   U\n     | HERE\n   ~~~\n```json\nkql\n```\n## Last\n````kusto\n```\nV";
        let found = blocks(file);
        let texts: Vec<&str> = found.iter().map(|it| it.text.text.as_str()).collect();
        assert_eq!(texts, ["T\n| take 1\n", "U\n  | HERE\n", "```\nV"]);
        let heads: Vec<(usize, &str)> = found.iter().map(|it| (it.line, it.heading.as_str())).collect();
        assert_eq!(heads, [(3, "Hunt"), (12, "Hunt"), (20, "Last")]);
        let at = found[1].text.text.find("HERE").unwrap();
        let span = found[1].text.places.span(Span::new(at, at + 4)).unwrap();
        assert_eq!(&file[span.range()], "HERE");
    }
}
