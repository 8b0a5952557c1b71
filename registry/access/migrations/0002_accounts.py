import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import registry.access.models


def say_what_tokens_may(apps, schema_editor):
    """Tokens made before had the rights of their users, and keep them."""
    Token, Scope = apps.get_model("knox", "AuthToken"), apps.get_model("access", "TokenScope")
    for token in Token.objects.all():
        Scope.objects.create(
            token=token, uuid=uuid.uuid4(), name=token.token_key, may_write=True, profile="identified"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0001_initial'),
        migrations.swappable_dependency(settings.KNOX_TOKEN_MODEL),
        ('knox', '0009_extend_authtoken_field'),
    ]

    operations = [
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('start', models.DateField(default=registry.access.models.today, help_text='First day on which it holds.', verbose_name='from')),
                ('end', models.DateField(blank=True, help_text='Last day on which it holds. Empty: without end.', null=True, verbose_name='until')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='public id')),
                ('email', models.EmailField(max_length=254, verbose_name='e-mail')),
                ('first_name', models.CharField(blank=True, default='', max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, default='', max_length=150, verbose_name='last name')),
                ('role', models.CharField(choices=[('clinician', 'clinician'), ('curator', 'curator'), ('researcher', 'researcher')], max_length=20, verbose_name='role')),
                ('digest', models.CharField(editable=False, max_length=64, unique=True, verbose_name='hash of the link')),
                ('sent_at', models.DateTimeField(verbose_name='sent')),
                ('expires_at', models.DateTimeField(verbose_name='valid until')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted')),
                ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
            ],
            options={
                'verbose_name': 'invitation',
                'verbose_name_plural': 'invitations',
                'ordering': ['-sent_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='TokenScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='public id')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('may_write', models.BooleanField(default=False, verbose_name='may write')),
                ('profile', models.CharField(choices=[('identified', 'identified'), ('pseudonymised', 'pseudonymised'), ('aggregate', 'aggregate')], default='pseudonymised', max_length=20, verbose_name='who the patients are')),
                ('every_center', models.BooleanField(default=True, verbose_name='every centre of the user')),
                ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used')),
            ],
            options={
                'verbose_name': 'scope of an API token',
                'verbose_name_plural': 'scopes of API tokens',
                'ordering': ['-id'],
            },
        ),
        migrations.AlterModelOptions(
            name='membership',
            options={'ordering': ['center', 'user', 'role', 'start'], 'verbose_name': 'membership', 'verbose_name_plural': 'memberships'},
        ),
        migrations.AlterModelManagers(
            name='user',
            managers=[
                ('objects', registry.access.models.People()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='membership',
            name='membership_once',
        ),
        migrations.RemoveField(
            model_name='user',
            name='is_staff',
        ),
        migrations.AddField(
            model_name='membership',
            name='end',
            field=models.DateField(blank=True, help_text='Last day on which it holds. Empty: without end.', null=True, verbose_name='until'),
        ),
        migrations.AddField(
            model_name='membership',
            name='start',
            field=models.DateField(default=registry.access.models.today, help_text='First day on which it holds.', verbose_name='from'),
        ),
        migrations.AlterField(
            model_name='membership',
            name='center',
            field=models.ForeignKey(limit_choices_to={'kind': 'clinical'}, on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='access.center', verbose_name='centre'),
        ),
        migrations.AlterField(
            model_name='accessevent',
            name='kind',
            field=models.CharField(choices=[('sign_in', 'signed in'), ('sign_in_failed', 'sign-in failed'), ('sign_out', 'signed out'), ('identity_read', 'read identifying data'), ('export', 'exported'), ('token', 'created or revoked a token'), ('membership', 'changed a membership'), ('invitation', 'invited, or answered an invitation'), ('user', 'changed a user')], max_length=20, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('user', 'center', 'role', 'start'), name='membership_once'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='membership_end_not_before_start'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='center',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='access.center', verbose_name='centre'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='invited_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='invited by'),
        ),
        migrations.AddField(
            model_name='tokenscope',
            name='centers',
            field=models.ManyToManyField(blank=True, related_name='+', to='access.center', verbose_name='centres'),
        ),
        migrations.AddField(
            model_name='tokenscope',
            name='token',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='scope', to=settings.KNOX_TOKEN_MODEL, verbose_name='API token'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['clinician', 'curator', 'researcher'])), name='invitation_role_code'),
        ),
        migrations.AddConstraint(
            model_name='invitation',
            constraint=models.CheckConstraint(condition=models.Q(('end', None), ('end__gte', models.F('start')), _connector='OR'), name='invitation_end_not_before_start'),
        ),
        migrations.AddConstraint(
            model_name='tokenscope',
            constraint=models.CheckConstraint(condition=models.Q(('profile__in', ['identified', 'pseudonymised', 'aggregate'])), name='tokenscope_profile_code'),
        ),
        migrations.AddConstraint(
            model_name='tokenscope',
            constraint=models.CheckConstraint(condition=models.Q(('may_write', False), models.Q(('profile', 'aggregate'), _negated=True), _connector='OR'), name='tokenscope_aggregate_reads'),
        ),
        migrations.RunPython(say_what_tokens_may, migrations.RunPython.noop),
    ]
