// What the forms show: where a setting stands, of what kind it is, and how it is written for people.
// [path, kind, ...]: text, flag, number with [unit, decimals] (the setting is an integer: 60000 with 3 decimals is 60),
// optional (a number that may be empty), choice with its values, list (texts, with commas between).
const FIELDS = {
  mqtt: [
    ["topics_group", ["topics.prefix", "text"], ["topics.follow", "text"], ["topics.format", "choice", ["both", "json", "raw"]],
      ["topics.qos", "choice", [0, 1, 2]], ["topics.retain", "flag"], ["topics.interval_s", "number", "s", 0]],
    ["homeassistant_group", ["topics.homeassistant.discovery", "choice", ["per_component", "device", "off"]],
      ["topics.homeassistant.prefix", "text"], ["topics.homeassistant.power", "choice", ["number", "light"]]],
    ["domoticz_group", ["topics.domoticz.enabled", "flag"], ["topics.domoticz.in_topic", "text"], ["topics.domoticz.out_topic", "text"],
      ["topics.domoticz.dimmer_idx", "number", "", 0], ["topics.domoticz.power_idx", "number", "", 0],
      ["topics.domoticz.temperature_idx", "number", "", 0], ["topics.domoticz.alarm_idx", "number", "", 0]],
    ["jeedom_group", ["topics.jeedom.enabled", "flag"], ["topics.jeedom.topic", "text"], ["topics.jeedom.setpoint_idx", "number", "", 0],
      ["topics.jeedom.applied_idx", "number", "", 0], ["topics.jeedom.power_idx", "number", "", 0],
      ["topics.jeedom.temperature_idx", "number", "", 0], ["topics.jeedom.alarm_idx", "number", "", 0]],
  ],
  dimmer: [
    ["identity_group", ["name", "text"], ["language", "choice", ["en", "fr"]], ["output.rated_watts", "number", "W", 0],
      ["output.triacs", "number", "", 0],
      ["safety.maximum_centipercent", "number", "%", 2]],
    ["pool_group", ["pool.start_centipercent", "number", "%", 2], ["pool.full_centipercent", "optional", "%", 2],
      ["pool.minimum_centipercent", "number", "%", 2], ["pool.maximum_centipercent", "number", "%", 2]],
    ["mains_group", ["mains.offset_us", "number", "µs", 0], ["mains.gate_pulse_us", "number", "µs", 0],
      ["mains.ramp_centipercent_per_second", "number", "%/s", 2], ["mains.soft_start_half_cycles", "number", "", 0]],
  ],
  probes: [
    ["own_group", ["probes.water", "flag"], ["probes.water_address", "text"], ["probes.heat_sink", "flag"], ["probes.heat_sink_address", "text"],
      ["probes.room", "flag"], ["probes.room_address", "text"]],
    ["sources_group", ["topics.temperature.water.topic", "text"], ["topics.temperature.water.path", "text"],
      ["topics.temperature.heat_sink.topic", "text"], ["topics.temperature.heat_sink.path", "text"],
      ["topics.temperature.room.topic", "text"], ["topics.temperature.room.path", "text"]],
    ["share_group", ["topics.temperature.share.topic", "text"], ["topics.temperature.share.format", "choice", ["raw", "json"]]],
  ],
  limits: [
    ["water_group", ["safety.water_probe", "choice", ["required", "absent"]], ["safety.water_limit_millicelsius", "number", "°C", 3],
      ["safety.water_resume_millicelsius", "number", "°C", 3], ["safety.water_maximum_age_s", "number", "s", 0],
      ["safety.preheat_below_millicelsius", "optional", "°C", 3], ["safety.preheat_until_millicelsius", "number", "°C", 3],
      ["safety.preheat_centipercent", "number", "%", 2]],
    ["heat_sink_group", ["safety.heat_sink_probe", "choice", ["absent", "required"]], ["safety.heat_sink_derating_millicelsius", "number", "°C", 3],
      ["safety.heat_sink_limit_millicelsius", "number", "°C", 3], ["safety.heat_sink_resume_millicelsius", "number", "°C", 3]],
    ["age_group", ["safety.setpoint_maximum_age_s", "number", "s", 0], ["safety.heating_energy_watt_hours", "number", "Wh", 0],
      ["safety.off_rise_millicelsius", "number", "°C", 3]],
  ],
  network: [
    ["wifi_group", ["network.wifi.ssid", "text"], ["network.wifi.password", "password"]],
    ["name_group", ["network.hostname", "text"], ["network.mdns", "flag"], ["network.time_server", "text"]],
    ["address_group", ["network.address.source", "choice", ["dhcp", "static"]], ["network.address.ip", "text"],
      ["network.address.prefix_bits", "number", "", 0], ["network.address.gateway", "text"], ["network.address.dns", "text"]],
  ],
  security: [
    ["ways_in", ["security.hosts", "list"], ["security.compatibility.enabled", "flag"], ["security.compatibility.address", "text"]],
  ],
};
const BROKER = [["host", "text"], ["port", "number", "", 0], ["username", "text"], ["password", "password"], ["client_id", "text"],
  ["keep_alive_s", "number", "s", 0]];
