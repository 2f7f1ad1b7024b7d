//! Rust source seen as text with its comments and literals blanked out.
//!
//! Not a parser: it keeps every line and column where it was, so that braces can be matched and
//! words searched without being fooled by a string. Never fails; odd input gives odd blanks.

/// One Rust file in the views that the rules need.
pub(crate) struct Source {
    /// The text as it stands in the file.
    pub(crate) raw: String,
    /// Comments, strings and character literals replaced by spaces; line breaks kept.
    pub(crate) code: String,
    /// The string literals, each with the line (from 1) it starts on.
    pub(crate) strings: Vec<(usize, String)>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    /// Its name, or its name with the line when the file has several of that name.
    pub(crate) name: String,
    /// Line of the word `fn`, from 1.
    pub(crate) line: usize,
    /// Lines from the word `fn` to the closing brace, both included.
    pub(crate) lines: usize,
    /// Parameters, `self` included.
    pub(crate) parameters: usize,
}

impl Source {
    /// Reads the views out of the text of a file.
    pub(crate) fn new(raw: &str) -> Self {
        let (code, strings) = Blanker::new(raw).run();
        Self {
            raw: raw.to_owned(),
            code,
            strings,
        }
    }

    /// The byte ranges of `#[cfg(test)] mod …  { … }` blocks in [`Source::code`].
    pub(crate) fn test_blocks(&self) -> Vec<(usize, usize)> {
        let mut blocks = Vec::new();
        for (at, _) in self.code.match_indices("#[cfg(test)]") {
            let rest = &self.code[at..];
            let Some(open) = rest.find('{') else { continue };
            if rest[..open].contains(';') {
                continue;
            }
            let end = closing(&self.code, at + open).unwrap_or(self.code.len());
            blocks.push((at, end));
        }
        blocks
    }

    /// [`Source::code`] with the test blocks blanked too.
    pub(crate) fn code_without_tests(&self) -> String {
        let mut text = self.code.clone().into_bytes();
        for (from, to) in self.test_blocks() {
            for byte in &mut text[from..to] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Lines of the file that are not inside its test blocks.
    pub(crate) fn lines_without_tests(&self) -> usize {
        let tests: usize = self
            .test_blocks()
            .iter()
            .map(|&(from, to)| self.code[from..to].lines().count())
            .sum();
        self.raw.lines().count().saturating_sub(tests)
    }

    /// Every function that has a body, nested ones too.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let mut found = Vec::new();
        for (at, _) in self.code.match_indices("fn ") {
            let before = self.code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            if let Some(function) = self.function_at(at) {
                found.push(function);
            }
        }
        found
    }

    fn function_at(&self, at: usize) -> Option<Function> {
        let rest = &self.code[at + 3..];
        let name: String = rest
            .trim_start()
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        if name.is_empty() {
            return None;
        }
        let open = at + 3 + parameters_open(rest)?;
        let close = closing(&self.code, open)?;
        let end = closing(&self.code, close + body_open(&self.code[close..])?)?;
        Some(Function {
            name,
            line: self.code[..at].matches('\n').count() + 1,
            lines: self.code[at..end].matches('\n').count() + 1,
            parameters: count_parameters(&self.code[open + 1..close - 1]),
        })
    }
}

/// Where the parameter list opens, past a generic list that may hold parentheses of its own.
fn parameters_open(rest: &str) -> Option<usize> {
    let mut angle = 0_i32;
    let mut before = ' ';
    for (at, c) in rest.char_indices() {
        match c {
            '<' => angle += 1,
            '>' if before != '-' => angle -= 1,
            '(' if angle == 0 => return Some(at),
            '{' | ';' if angle == 0 => return None,
            _ => {}
        }
        before = c;
    }
    None
}

/// Where the body opens after a parameter list, or nothing when a semicolon ends the signature.
fn body_open(after: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in after.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '{' if depth == 0 => return Some(at),
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The offset just past the bracket that closes the one at `open`.
fn closing(code: &str, open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

fn count_parameters(list: &str) -> usize {
    let mut depth = 0_i32;
    let mut before = ' ';
    let mut count = 0;
    let mut filled = false;
    for c in list.chars() {
        match c {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '>' if before != '-' => depth -= 1,
            ',' if depth == 0 => {
                count += usize::from(filled);
                filled = false;
            }
            _ => {}
        }
        if !c.is_whitespace() && c != ',' {
            filled = true;
        }
        before = c;
    }
    count + usize::from(filled)
}

/// Walks the text once and copies what is code.
struct Blanker<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    code: Vec<u8>,
    strings: Vec<(usize, String)>,
}

impl<'a> Blanker<'a> {
    fn new(raw: &'a str) -> Self {
        let text = raw.as_bytes();
        Self {
            text,
            at: 0,
            line: 1,
            code: Vec::with_capacity(text.len()),
            strings: Vec::new(),
        }
    }

    fn run(mut self) -> (String, Vec<(usize, String)>) {
        while let Some(byte) = self.peek(0) {
            match byte {
                b'/' if self.peek(1) == Some(b'/') => self.line_comment(),
                b'/' if self.peek(1) == Some(b'*') => self.block_comment(),
                b'"' => self.string(),
                b'r' if self.raw_hashes().is_some() && !self.after_word() => self.raw_string(),
                b'\'' => self.quote(),
                _ => self.keep(),
            }
        }
        (
            String::from_utf8_lossy(&self.code).into_owned(),
            self.strings,
        )
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Copies one byte.
    fn keep(&mut self) {
        if let Some(byte) = self.peek(0) {
            self.line += usize::from(byte == b'\n');
            self.code.push(byte);
            self.at += 1;
        }
    }

    /// Leaves a space for one byte, or the line break itself.
    fn blank(&mut self) {
        if let Some(byte) = self.peek(0) {
            self.line += usize::from(byte == b'\n');
            self.code.push(if byte == b'\n' { b'\n' } else { b' ' });
            self.at += 1;
        }
    }

    fn after_word(&self) -> bool {
        let word = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
        // `br"…"` and `cr"…"` are literals all the same.
        match self.code.last() {
            Some(b'b' | b'c') => {
                self.code.len() >= 2 && self.code.get(self.code.len() - 2).is_some_and(word)
            }
            Some(byte) => word(byte),
            None => false,
        }
    }

    fn line_comment(&mut self) {
        while self.peek(0).is_some_and(|b| b != b'\n') {
            self.blank();
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0_usize;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'*')) => {
                    depth += 1;
                    self.blank();
                    self.blank();
                }
                (Some(b'*'), Some(b'/')) => {
                    depth -= 1;
                    self.blank();
                    self.blank();
                    if depth == 0 {
                        return;
                    }
                }
                (Some(_), _) => self.blank(),
                (None, _) => return,
            }
        }
    }

    fn string(&mut self) {
        let (line, from) = (self.line, self.at + 1);
        self.blank();
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => {
                    self.blank();
                    self.blank();
                }
                b'"' => break,
                _ => self.blank(),
            }
        }
        self.remember(line, from);
        self.blank();
    }

    fn raw_hashes(&self) -> Option<usize> {
        let hashes = self.text[self.at + 1..]
            .iter()
            .take_while(|b| **b == b'#')
            .count();
        (self.peek(1 + hashes) == Some(b'"')).then_some(hashes)
    }

    fn raw_string(&mut self) {
        let hashes = self.raw_hashes().unwrap_or(0);
        for _ in 0..hashes + 2 {
            self.blank();
        }
        let (line, from) = (self.line, self.at);
        let mut end = vec![b'"'];
        end.resize(hashes + 1, b'#');
        while self.at < self.text.len() && !self.text[self.at..].starts_with(&end) {
            self.blank();
        }
        self.remember(line, from);
        for _ in 0..end.len() {
            self.blank();
        }
    }

    fn remember(&mut self, line: usize, from: usize) {
        let to = self.at.min(self.text.len()).max(from.min(self.text.len()));
        let text = String::from_utf8_lossy(&self.text[from.min(to)..to]).into_owned();
        self.strings.push((line, text));
    }

    /// A character literal, or the tick of a lifetime.
    fn quote(&mut self) {
        if self.peek(1) == Some(b'\\') {
            self.blank();
            self.blank();
            self.blank();
            while self.peek(0).is_some_and(|b| b != b'\'' && b != b'\n') {
                self.blank();
            }
            self.blank();
            return;
        }
        let width = match self.peek(1) {
            Some(byte) if byte >= 0xf0 => 4,
            Some(byte) if byte >= 0xe0 => 3,
            Some(byte) if byte >= 0xc0 => 2,
            _ => 1,
        };
        if self.peek(1 + width) == Some(b'\'') {
            for _ in 0..width + 2 {
                self.blank();
            }
        } else {
            self.keep();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_strings_characters_and_comments_do_not_count() {
        let text = "fn a() {\n  let s = \"}{\"; let c = '{'; // }\n  /* } /* } */ */ let r = \
                    r#\"}\"#;\n}\nfn b() {}\n";
        let functions = Source::new(text).functions();
        let seen: Vec<_> = functions
            .iter()
            .map(|f| (f.name.as_str(), f.line, f.lines))
            .collect();
        assert_eq!(seen, [("a", 1, 4), ("b", 5, 1)]);
    }

    #[test]
    fn parameters_are_counted_past_generics_closures_and_self() {
        let text = "fn a<F: Fn(u8, u8) -> u8>(&self, f: F, m: Map<u8, (u8, u8)>,) -> u8 { 1 }\n\
                    fn none() {}\n";
        let counts: Vec<_> = Source::new(text)
            .functions()
            .iter()
            .map(|f| f.parameters)
            .collect();
        assert_eq!(counts, [3, 0]);
    }

    #[test]
    fn a_signature_without_a_body_is_no_function() {
        let found = Source::new("trait T { fn a(&self); fn b(&self) { } }\ntype F = fn (u8);");
        let names: Vec<_> = found.functions().into_iter().map(|f| f.name).collect();
        assert_eq!(names, ["b"]);
    }

    #[test]
    fn an_array_in_the_return_type_does_not_end_the_signature() {
        assert_eq!(
            Source::new("fn a() -> [u8; 32] {\n}").functions()[0].lines,
            2
        );
    }

    #[test]
    fn lifetimes_are_not_characters() {
        let source = Source::new("fn a<'a>(x: &'a str) -> &'a str { x }");
        assert_eq!(source.functions().len(), 1);
        assert!(source.code.contains("&'a str"));
    }

    #[test]
    fn the_lines_of_a_test_block_are_not_lines_of_the_file() {
        let source =
            Source::new("//! Doc.\nfn a() {}\n#[cfg(test)]\nmod tests {\n  fn t() {}\n}\n");
        assert_eq!(source.lines_without_tests(), 2);
        assert!(!source.code_without_tests().contains("fn t"));
        assert!(source.code_without_tests().contains("fn a"));
    }

    #[test]
    fn strings_are_kept_apart_with_their_line() {
        let source = Source::new("let a = 1;\nlet s = \"select x\";\nlet r = r\"y\";");
        assert_eq!(
            source.strings,
            [(2, "select x".to_owned()), (3, "y".to_owned())]
        );
        assert!(!source.code.contains("select"));
    }
}
