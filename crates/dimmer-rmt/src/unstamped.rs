//! Edges that were stamped too late to be believed.

/// While the flash is written no interrupt runs: an edge that comes meanwhile is stamped when the write is over, up to half a second late. Such an edge is left out, which is a mark that is
/// missing, and not a false one. So is the first edge after it, of which nobody knows that it is not the other half of a pulse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unstamped {
    was_held: bool,
    skips_one: bool,
}

impl Unstamped {
    /// Nothing has been written yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            was_held: false,
            skips_one: false,
        }
    }

    /// Begins a turn of the planner, before it takes an edge: whether the flash may be written just now.
    pub const fn turn(&mut self, is_held: bool) -> Turn<'_> {
        // What waits was stamped before the end of the writing became known.
        let drops_all = is_held || self.was_held;
        self.was_held = is_held;
        if drops_all {
            self.skips_one = true;
        }
        Turn {
            drops_all,
            unstamped: self,
        }
    }
}

/// One turn, in which the edges that wait are taken.
#[derive(Debug)]
pub struct Turn<'a> {
    drops_all: bool,
    unstamped: &'a mut Unstamped,
}

impl Turn<'_> {
    /// Whether the next edge that waits is to be believed.
    pub const fn believes(&mut self) -> bool {
        if self.drops_all {
            return false;
        }
        let believes = !self.unstamped.skips_one;
        self.unstamped.skips_one = false;
        believes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_of_a_write_and_the_first_one_after_it_are_left_out() {
        let mut unstamped = Unstamped::new();
        let mut turn = unstamped.turn(false);
        assert!(turn.believes() && turn.believes());
        for is_held in [true, true, false] {
            let mut turn = unstamped.turn(is_held);
            assert!(!turn.believes() && !turn.believes());
        }
        // A turn without an edge changes nothing.
        unstamped.turn(false);
        let mut turn = unstamped.turn(false);
        assert!(!turn.believes());
        assert!(turn.believes());
        assert!(unstamped.turn(false).believes());
    }

    #[test]
    fn writes_one_after_the_other_are_each_a_write() {
        let mut unstamped = Unstamped::new();
        for _ in 0..3 {
            unstamped.turn(true);
            assert!(!unstamped.turn(false).believes());
            let mut turn = unstamped.turn(false);
            assert!(!turn.believes() && turn.believes());
        }
    }
}
