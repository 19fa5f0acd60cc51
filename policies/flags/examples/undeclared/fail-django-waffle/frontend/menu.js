// expect: flags/undeclared
if (waffle.flag_is_active("mega-menu")) {
  show();
}
