//! The keys of a JSON object, one after the other.

use crate::refusal::RefusalKind;
use crate::scanner::Scanner;
use crate::temperature::skip_value;

/// Gives each key of the object that `text` is, as it is written, with its value as it is written. The object has to be the whole
/// text, and well formed; lists and objects in it are skipped, [`TEMPERATURE_DEPTH`](crate::TEMPERATURE_DEPTH) deep at most.
pub(crate) fn fields<'a>(
    text: &'a [u8],
    each: &mut dyn FnMut(&'a [u8], &'a [u8]) -> Result<(), RefusalKind>,
) -> Result<(), RefusalKind> {
    let mut scanner = Scanner::new(text);
    scanner.skip_whitespace();
    scanner.expect(b'{')?;
    scanner.skip_whitespace();
    if !scanner.take(b'}') {
        loop {
            scanner.expect(b'"')?;
            let key = scanner.in_quotes()?;
            scanner.skip_whitespace();
            scanner.expect(b':')?;
            scanner.skip_whitespace();
            let before = scanner.rest();
            skip_value(&mut scanner)?;
            let length = before.len().saturating_sub(scanner.rest().len());
            each(key, before.get(..length).unwrap_or_default())?;
            scanner.skip_whitespace();
            if scanner.take(b'}') {
                break;
            }
            scanner.expect(b',')?;
            scanner.skip_whitespace();
        }
    }
    scanner.skip_whitespace();
    if scanner.is_at_end() {
        Ok(())
    } else {
        Err(RefusalKind::TrailingText)
    }
}
