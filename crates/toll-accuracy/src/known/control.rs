//! Commands from standard input, read whenever the loop finds some.

use std::os::fd::AsFd;

/// What the parent wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Command {
    /// Count from zero.
    Reset,
    /// Tell what was seen since the last reset.
    Report,
}

/// Bytes that came and are no whole line yet.
#[derive(Debug, Default)]
pub(super) struct Control {
    pending: Vec<u8>,
}

impl Control {
    /// Reads what is there; `None` when nobody is there any more. Lines that are no command are passed over.
    pub(super) fn read(&mut self, input: impl AsFd) -> Option<Vec<Command>> {
        let mut buffer = [0_u8; 256];
        match rustix::io::read(input, &mut buffer) {
            Ok(0) => None,
            Ok(count) => {
                self.pending.extend_from_slice(&buffer[..count]);
                Some(self.take())
            }
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => Some(Vec::new()),
            Err(_) => None,
        }
    }

    fn take(&mut self) -> Vec<Command> {
        let Some(end) = self.pending.iter().rposition(|byte| *byte == b'\n') else {
            return Vec::new();
        };
        let lines: Vec<u8> = self.pending.drain(..=end).collect();
        lines
            .split(|byte| *byte == b'\n')
            .filter_map(|line| match line {
                b"reset" => Some(Command::Reset),
                b"report" => Some(Command::Report),
                _ => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_put_together() {
        let mut control = Control::default();
        let mut feed = |text: &str| {
            control.pending.extend_from_slice(text.as_bytes());
            control.take()
        };
        assert_eq!(feed("res"), []);
        assert_eq!(
            feed("et\nwhat\nreport\nre"),
            [Command::Reset, Command::Report]
        );
        assert_eq!(feed("port\n"), [Command::Report]);
    }
}
