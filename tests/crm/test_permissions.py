from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission

from crm.models import User
from crm.permissions import StaffBackend


def test_one_query_tells_who_it_is_and_what_they_may_do(
    bob: User, carol: User, django_assert_num_queries: Any
) -> None:
    bob.user_permissions.add(Permission.objects.get(codename="view_modelbudget"))
    for user in (bob, carol):
        expected = ModelBackend().get_all_permissions(User.objects.get(pk=user.pk))
        with django_assert_num_queries(1):
            read = StaffBackend().get_user(user.pk)
            assert read is not None
            assert read.get_all_permissions() == expected
    assert "agent.view_modelbudget" in ModelBackend().get_all_permissions(bob)


def test_who_left_is_nobody(bob: User) -> None:
    bob.is_active = False
    bob.save()
    assert StaffBackend().get_user(bob.pk) is None
    assert StaffBackend().get_user(0) is None


def test_a_superuser_may_do_all(bob: User) -> None:
    bob.groups.clear()
    bob.is_superuser = True
    bob.save()
    read = StaffBackend().get_user(bob.pk)
    assert read is not None
    assert len(read.get_all_permissions()) == Permission.objects.count()
