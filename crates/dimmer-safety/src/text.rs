//! What a person reads: one sentence for each reason, each alarm and each fault of a probe, in each language.

use crate::{AlarmKind, ProbeFault, Reason};

/// A language in which a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Language {
    /// English.
    #[default]
    English,
    /// French.
    French,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// The code of ISO 639-1.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    const fn of(self, [english, french]: [&'static str; 2]) -> &'static str {
        match self {
            Self::English => english,
            Self::French => french,
        }
    }
}

impl Reason {
    /// One sentence for a person, in English.
    #[must_use]
    pub const fn explanation(self) -> &'static str {
        self.text(Language::English)
    }

    /// One sentence for a person.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        language.of(match self {
            Self::ConfigurationInvalid => [
                "Off: the safety settings are not valid.",
                "Arrêt : les réglages de sécurité ne sont pas valables.",
            ],
            Self::AlarmLatched => [
                "Off: a critical alarm stands; look at its cause, then reset it.",
                "Arrêt : une alarme critique est active ; cherchez sa cause, puis réarmez.",
            ],
            Self::ProbeImplausible => [
                "Off: the probe gave a value that cannot be the water's temperature.",
                "Arrêt : la sonde a donné une valeur qui ne peut pas être la température de l'eau.",
            ],
            Self::ProbeFault => [
                "Off: the temperature probe cannot be read; check it and its connector.",
                "Arrêt : la sonde de température est illisible ; vérifiez la sonde et son connecteur.",
            ],
            Self::ProbeStale => [
                "Off: the water temperature has not been refreshed for too long.",
                "Arrêt : la température de l'eau n'a pas été renouvelée depuis trop longtemps.",
            ],
            Self::ProbeMissing => [
                "Off: no water temperature has been received yet.",
                "Arrêt : aucune température de l'eau n'a encore été reçue.",
            ],
            Self::WaterTooHot => [
                "Off: the water reached its limit and must cool before heating resumes.",
                "Arrêt : l'eau a atteint sa limite et doit refroidir avant la reprise.",
            ],
            Self::HeatSinkProbeLost => [
                "Off: there is no reliable temperature of the heat sink.",
                "Arrêt : aucune température fiable du dissipateur.",
            ],
            Self::HeatSinkTooHot => [
                "Off: the heat sink reached its limit and must cool before heating resumes.",
                "Arrêt : le dissipateur a atteint sa limite et doit refroidir avant la reprise.",
            ],
            Self::RoomProbeLost => [
                "Off: there is no reliable temperature of the room.",
                "Arrêt : aucune température fiable du local.",
            ],
            Self::RoomTooHot => [
                "Off: the room reached its limit and must cool before heating resumes.",
                "Arrêt : le local a atteint sa limite et doit refroidir avant la reprise.",
            ],
            Self::MainsNotLocked => [
                "Off: no stable mains frequency is detected.",
                "Arrêt : aucune fréquence secteur stable n'est détectée.",
            ],
            Self::SwitchedOff => [
                "Off: the dimmer was switched off.",
                "Arrêt : le gradateur a été éteint.",
            ],
            Self::SetpointStale => [
                "Off: the setpoint has not been refreshed for too long.",
                "Arrêt : la consigne n'a pas été renouvelée depuis trop longtemps.",
            ],
            Self::SetpointMissing => [
                "Off: no setpoint has been received yet.",
                "Arrêt : aucune consigne n'a encore été reçue.",
            ],
            Self::GateFault => [
                "On, but the triac's gate refuses what it is fed; the heater may get nothing.",
                "Marche, mais la gâchette du triac refuse ses ordres ; le chauffe-eau ne reçoit peut-être rien.",
            ],
            Self::HeatSinkDerating => [
                "On: the power is reduced because the heat sink is hot.",
                "Marche : la puissance est réduite car le dissipateur est chaud.",
            ],
            Self::LimitedBySetting => [
                "On: the power is limited by the maximum set for this dimmer.",
                "Marche : la puissance est limitée par le maximum réglé pour ce gradateur.",
            ],
            Self::Boosting => [
                "On: the power follows the boost.",
                "Marche : la puissance suit la marche forcée.",
            ],
            Self::Scheduled => [
                "On: the power follows the schedule.",
                "Marche : la puissance suit la programmation.",
            ],
            Self::Preheating => [
                "On: the water is below its minimum temperature.",
                "Marche : l'eau est sous sa température minimale.",
            ],
            Self::Following => [
                "On: the power follows the setpoint.",
                "Marche : la puissance suit la consigne.",
            ],
        })
    }
}

impl AlarmKind {
    /// One sentence for a person: what is seen, and where to look.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        language.of(match self {
            Self::WaterProbeLost => [
                "The water probe gives no reliable temperature: check the probe, its cable and its connector.",
                "La sonde d'eau ne donne pas de température fiable : vérifiez la sonde, son câble et son connecteur.",
            ],
            Self::HeatSinkProbeLost => [
                "The heat-sink probe gives no reliable temperature: check the probe, its cable and its connector.",
                "La sonde du dissipateur ne donne pas de température fiable : vérifiez la sonde, son câble et son connecteur.",
            ],
            Self::RoomProbeLost => [
                "The room probe gives no reliable temperature: check the probe, its cable and its connector.",
                "La sonde du local ne donne pas de température fiable : vérifiez la sonde, son câble et son connecteur.",
            ],
            Self::WaterOverTemperature => [
                "The water is far hotter than its limit: cut the heater's supply, then check the triac and the tank's thermostat.",
                "L'eau dépasse largement sa limite : coupez l'alimentation du chauffe-eau, puis vérifiez le triac et le thermostat de la cuve.",
            ],
            Self::HeaterDoesNotWarm => [
                "Power was delivered but the water does not warm: check the heater, its fuse, the tank's thermostat and the probe's place.",
                "De l'énergie a été fournie mais l'eau ne chauffe pas : vérifiez la résistance, son fusible, le thermostat de la cuve et la place de la sonde.",
            ],
            Self::HeaterWarmsWhileOff => [
                "The water warms although the dimmer is off: the triac may be stuck on; cut the heater's supply and check it.",
                "L'eau chauffe alors que le gradateur est arrêté : le triac est peut-être en court-circuit ; coupez l'alimentation et vérifiez-le.",
            ],
            Self::HeatSinkTooHot => [
                "The heat sink is too hot: check its fan, its ventilation and the load's power.",
                "Le dissipateur est trop chaud : vérifiez son ventilateur, son aération et la puissance de la charge.",
            ],
            Self::MainsLost => [
                "The mains has not been detected for a long time: check the supply and the zero-cross detector.",
                "Le secteur n'est plus détecté depuis longtemps : vérifiez l'alimentation et le détecteur de passage par zéro.",
            ],
            Self::ClockJump => [
                "The device's clock jumped: every input is awaited anew; if this repeats, check the board's supply.",
                "L'horloge de l'appareil a sauté : chaque entrée est de nouveau attendue ; si cela se répète, vérifiez l'alimentation de la carte.",
            ],
        })
    }
}

impl ProbeFault {
    /// One sentence for a person: what is wrong with the probe, and what to do.
    #[must_use]
    pub const fn text(self, language: Language) -> &'static str {
        language.of(match self {
            Self::Absent => [
                "No probe answers: check its cable, its supply and the pull-up resistor.",
                "Aucune sonde ne répond : vérifiez son câble, son alimentation et la résistance de tirage.",
            ],
            Self::Shorted => [
                "The probe's wire is held low: check for a short circuit or swapped wires.",
                "Le fil de la sonde est maintenu à zéro : cherchez un court-circuit ou des fils inversés.",
            ],
            Self::Checksum => [
                "The readings are damaged on the way: check the length of the probe's cable and where it runs.",
                "Les mesures sont altérées en chemin : vérifiez la longueur du câble de la sonde et son passage.",
            ],
            Self::PowerOnValue => [
                "The probe has just started and has not measured yet: if this lasts, check its supply.",
                "La sonde vient de démarrer et n'a pas encore mesuré : si cela dure, vérifiez son alimentation.",
            ],
            Self::OutOfRange => [
                "The value is not one that this temperature can have: check the probe, or replace it.",
                "La valeur n'est pas possible pour cette température : vérifiez la sonde ou remplacez-la.",
            ],
            Self::TooFast => [
                "The value moved faster than this temperature can: check the probe's place and its cable.",
                "La valeur a varié plus vite que possible : vérifiez la place de la sonde et son câble.",
            ],
            Self::Unrecognised => [
                "What answers is not the probe or the text that was expected: check the probe's type, or the topic.",
                "La réponse n'est pas celle de la sonde ou le texte attendus : vérifiez le type de sonde, ou le topic.",
            ],
            Self::Bus => [
                "The probe's pin, its driver or the topic failed: check the board's wiring.",
                "La broche de la sonde, son pilote ou le topic a échoué : vérifiez le câblage de la carte.",
            ],
            Self::Swapped => [
                "The probe that was chosen or in use does not answer, and another one does: check its cable, or choose the other by its address.",
                "La sonde choisie ou utilisée ne répond pas, une autre oui : vérifiez son câble, ou choisissez l'autre par son adresse.",
            ],
            Self::Several => [
                "Several probes answer and none was chosen: choose one by its address.",
                "Plusieurs sondes répondent et aucune n'est choisie : choisissez-en une par son adresse.",
            ],
            Self::Unsteady => [
                "The readings jump and none confirms another: check the probe and its cable.",
                "Les mesures sautent et aucune n'en confirme une autre : vérifiez la sonde et son câble.",
            ],
            Self::Conversion => [
                "The probe does not measure in its time: check that its supply has a wire of its own.",
                "La sonde ne mesure pas dans le temps prévu : vérifiez que son alimentation a son propre fil.",
            ],
        })
    }
}
