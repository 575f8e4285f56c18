//! What somebody should mend about a shared pool, in words.

use dimmer_pool::{Assignment, Remark, Standing};
use dimmer_safety::Language;

/// What is wrong with this dimmer's part in its shared pool. It is told on `status` while it lasts, and in the log when it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PoolTrouble {
    /// It does not hear its own announcements, and works by its thresholds.
    Deaf,
    /// Another device announces itself with its id; it takes nothing.
    Conflict,
    /// There are more members than its list holds, and it is not among those with the lowest ids; it takes nothing.
    TooMany,
    /// Its `sharing` is another than that of the member with the lowest id, which holds.
    SharingOverruled,
    /// Its `pool_watts` are others than those of the member with the lowest id, which hold.
    PoolWattsOverruled,
    /// The members are to take turns by day, and nobody knows the day.
    NoDay,
    /// There are more members than its list holds: those with the highest ids take nothing.
    MembersLeftOut,
}

impl PoolTrouble {
    /// Every one.
    pub const ALL: [Self; 7] = [
        Self::Deaf,
        Self::Conflict,
        Self::TooMany,
        Self::SharingOverruled,
        Self::PoolWattsOverruled,
        Self::NoDay,
        Self::MembersLeftOut,
    ];

    /// What is wrong with an assignment: with the rule by which it was made, or else with the pool.
    pub(crate) fn of(assignment: &Assignment) -> Option<Self> {
        match (assignment.standing, assignment.remark) {
            (Standing::Deaf, _) => Some(Self::Deaf),
            (Standing::Conflict, _) => Some(Self::Conflict),
            (Standing::TooMany, _) => Some(Self::TooMany),
            (_, Some(Remark::SharingOverruled)) => Some(Self::SharingOverruled),
            (_, Some(Remark::PoolWattsOverruled)) => Some(Self::PoolWattsOverruled),
            (_, Some(Remark::NoDay)) => Some(Self::NoDay),
            (_, Some(Remark::MembersLeftOut)) => Some(Self::MembersLeftOut),
            _ => None,
        }
    }

    /// The stable name, in snake case: one of the errors on `status`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deaf => "pool_deaf",
            Self::Conflict => "pool_conflict",
            Self::TooMany => "pool_too_many",
            Self::SharingOverruled => "pool_sharing_overruled",
            Self::PoolWattsOverruled => "pool_watts_overruled",
            Self::NoDay => "pool_no_day",
            Self::MembersLeftOut => "pool_members_left_out",
        }
    }

    /// What a person reads: what is so, and what to do.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        match language {
            Language::French => self.french(),
            _ => self.english(),
        }
    }

    const fn english(self) -> &'static str {
        match self {
            Self::Deaf => {
                "the pool is not heard, this dimmer works by its own thresholds; check the connection to the broker and its rights"
            }
            Self::Conflict => {
                "another device announces itself in the pool with the id of this one, which takes nothing; give each device its own id"
            }
            Self::TooMany => {
                "the pool has more members than fit, this dimmer takes nothing; divide the pool in two"
            }
            Self::SharingOverruled => {
                "the pool shares in another way than this dimmer's settings say; set pool.sharing alike for all members"
            }
            Self::PoolWattsOverruled => {
                "100 % of the pool is another power than this dimmer's settings say; set pool.pool_watts alike for all members"
            }
            Self::NoDay => {
                "the members of the pool are to take turns by day, and none of them knows the day; the first is always the same"
            }
            Self::MembersLeftOut => {
                "the pool has more members than fit, the last ones take nothing; divide the pool in two"
            }
        }
    }

    const fn french(self) -> &'static str {
        match self {
            Self::Deaf => {
                "le groupe n'est pas entendu, ce gradateur suit ses propres seuils ; vérifiez la connexion au broker et ses droits"
            }
            Self::Conflict => {
                "un autre appareil s'annonce dans le groupe avec l'identifiant de celui-ci, qui ne prend rien ; donnez à chacun le sien"
            }
            Self::TooMany => {
                "le groupe a trop de membres, ce gradateur ne prend rien ; divisez le groupe en deux"
            }
            Self::SharingOverruled => {
                "le groupe partage autrement que ne le disent les réglages de ce gradateur ; réglez pool.sharing de même partout"
            }
            Self::PoolWattsOverruled => {
                "100 % du groupe est une autre puissance que ne le disent les réglages de ce gradateur ; réglez pool.pool_watts de même partout"
            }
            Self::NoDay => {
                "les membres du groupe doivent alterner par jour, et aucun ne connaît le jour ; le premier est toujours le même"
            }
            Self::MembersLeftOut => {
                "le groupe a trop de membres, les derniers ne prennent rien ; divisez le groupe en deux"
            }
        }
    }
}
