//! A lesson, read from its file. It must not know which lessons there are.

/// A lesson: a text, data, a task, and what is known of answers to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// What it is called.
    pub title: String,
    /// The names of its tables.
    pub data: Vec<String>,
    /// The order of the rows is a part of the task.
    pub is_ordered: bool,
    /// What it teaches, as Markdown of paragraphs, code and lists.
    pub text: String,
    /// What is to be done.
    pub task: String,
    /// A query that does it.
    pub solution: String,
    /// A query that does not, such as one that is often tried first.
    pub wrong_answer: String,
    /// What to say of wrong answers.
    pub hints: Vec<Hint>,
}

/// What to say of an answer that is wrong in some way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The code of an error, or one of `columns`, `rows`, `order`, `chart`.
    pub of: String,
    /// What to say.
    pub text: String,
}

/// What hints are about beside codes of errors.
const SUBJECTS: &[&str] = &["columns", "rows", "order", "chart"];

impl Lesson {
    /// Reads a lesson.
    ///
    /// # Errors
    /// What is missing, or stands where it is not understood.
    pub fn read(file: &str) -> Result<Self, String> {
        let mut sections = file.split("\n## ");
        let head = sections.next().unwrap_or_default();
        let (title, rest) = head.split_once('\n').ok_or("there is no title")?;
        let mut lesson = Self {
            title: title.strip_prefix("# ").ok_or("the first line is '# Title'")?.trim().to_owned(),
            data: Vec::new(),
            is_ordered: false,
            text: String::new(),
            task: String::new(),
            solution: String::new(),
            wrong_answer: String::new(),
            hints: Vec::new(),
        };
        let mut lines = rest.lines().peekable();
        while let Some((name, value)) = lines.peek().and_then(|line| line.split_once(": ")) {
            match name {
                "data" => lesson.data = value.split(',').map(|name| name.trim().to_owned()).collect(),
                "order" => lesson.is_ordered = value.trim() == "matters",
                _ => break,
            }
            lines.next();
        }
        lesson.text = lines.collect::<Vec<_>>().join("\n").trim().to_owned();
        for section in sections {
            let (name, body) = section.split_once('\n').ok_or_else(|| format!("'{section}' is empty"))?;
            match name.trim() {
                "Task" => lesson.task = body.trim().to_owned(),
                "Solution" => lesson.solution = code(body)?,
                "Wrong answer" => lesson.wrong_answer = code(body)?,
                "Hints" => {
                    lesson.hints =
                        body.lines().filter(|it| !it.trim().is_empty()).map(hint).collect::<Result<_, _>>()?
                }
                other => return Err(format!("there is no section '{other}'")),
            }
        }
        let parts = [
            ("data", lesson.data.is_empty()),
            ("Task", lesson.task.is_empty()),
            ("Solution", lesson.solution.is_empty()),
            ("Wrong answer", lesson.wrong_answer.is_empty()),
            ("Hints", lesson.hints.is_empty()),
        ];
        match parts.into_iter().find(|(_, is_missing)| *is_missing) {
            Some((name, _)) => Err(format!("'{name}' is missing")),
            None => Ok(lesson),
        }
    }

    /// The hint about something.
    #[must_use]
    pub fn hint(&self, of: &str) -> Option<&str> {
        self.hints.iter().find(|it| it.of == of).map(|it| it.text.as_str())
    }
}

/// The query within a fence.
fn code(body: &str) -> Result<String, String> {
    let inner = body.trim().strip_prefix("```kql\n").and_then(|it| it.strip_suffix("```"));
    inner.map(|it| it.trim().to_owned()).ok_or_else(|| format!("this is no query in a fence: {body}"))
}

fn hint(line: &str) -> Result<Hint, String> {
    let (of, text) = line
        .strip_prefix("- ")
        .and_then(|line| line.split_once(": "))
        .ok_or_else(|| format!("'{line}' is no '- subject: hint'"))?;
    if !of.starts_with("KQL") && !SUBJECTS.contains(&of) {
        return Err(format!("'{of}' is no code of an error, and none of {}", SUBJECTS.join(", ")));
    }
    Ok(Hint { of: of.to_owned(), text: text.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "# One\ndata: A, B\norder: matters\n\nText with `code`: so.\n\nMore.\n\n## Task\nDo it.\n\n\
        ## Solution\n```kql\nA\n| count\n```\n\n## Wrong answer\n```kql\nB\n```\n\n## Hints\n- KQL0101: No.\n- rows: Fewer.\n";

    #[test]
    fn a_lesson_is_read() {
        let it = Lesson::read(FILE).unwrap();
        assert_eq!(
            (it.title.as_str(), &it.data[..], it.is_ordered),
            ("One", &["A".to_owned(), "B".to_owned()][..], true)
        );
        assert_eq!((it.text.as_str(), it.task.as_str()), ("Text with `code`: so.\n\nMore.", "Do it."));
        assert_eq!((it.solution.as_str(), it.wrong_answer.as_str()), ("A\n| count", "B"));
        assert_eq!(
            (it.hint("KQL0101"), it.hint("rows"), it.hint("order")),
            (Some("No."), Some("Fewer."), None)
        );
    }

    #[test]
    fn what_is_missing_is_said() {
        assert_eq!(Lesson::read("One\n"), Err("the first line is '# Title'".to_owned()));
        assert_eq!(Lesson::read(&FILE.replace("data: A, B\n", "")), Err("'data' is missing".to_owned()));
        assert_eq!(
            Lesson::read(&FILE.replace("## Task", "## Taks")),
            Err("there is no section 'Taks'".to_owned())
        );
        let wrong = Lesson::read(&FILE.replace("- rows:", "- row:"));
        assert_eq!(
            wrong,
            Err("'row' is no code of an error, and none of columns, rows, order, chart".to_owned())
        );
    }
}
