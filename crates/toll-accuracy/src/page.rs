//! The part of a page that is written by a command.

/// The page with `text` between the lines `<!-- NAME:begin -->` and `<!-- NAME:end -->`; `None` where they are not there.
pub fn with_generated(page: &str, name: &str, text: &str) -> Option<String> {
    let (begin, end) = (
        format!("<!-- {name}:begin -->"),
        format!("<!-- {name}:end -->"),
    );
    let from = page.find(&begin)? + begin.len();
    let to = from + page[from..].find(&end)?;
    Some(format!(
        "{}\n\n{}\n\n{}",
        &page[..from],
        text.trim(),
        &page[to..]
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_marked_part_is_written() {
        let page = "a\n<!-- x:begin -->\nold\n<!-- x:end -->\nb\n";
        let new = with_generated(page, "x", "new\n").unwrap();
        assert_eq!(new, "a\n<!-- x:begin -->\n\nnew\n\n<!-- x:end -->\nb\n");
        assert_eq!(with_generated(&new, "x", "new").unwrap(), new);
        assert_eq!(with_generated(page, "y", "new"), None);
    }
}
