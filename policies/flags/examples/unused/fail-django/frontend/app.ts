const on = waffle.flag_is_active('only-in-javascript');
const { onlyInReact } = useFlags();
